"""A finding as its row shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import SEVERITY, Kind, Severity
from webapp.doctor.sentences import facts
from webapp.doctor.sentences.meanings import MEANINGS
from webapp.livekit import caller_id
from webapp.rules import problems
from webapp.rules.problems import Problem


@dataclass(frozen=True)
class FindingWords:
    """The words of a finding; `badge` is the badge's look."""

    badge: str
    label: str
    fact: str
    effect: str
    repair: str
    pending: str  # why LiveKit has not followed yet, where we know


def say(finding: Finding, trunks: Mapping[str, str]) -> FindingWords:
    """The finding in words; `trunks` are the names of trunks by id."""
    said = (facts.of(finding, trunks), _effect(finding), repair(finding.kind), _pending(finding))
    return FindingWords(finding.severity.value, label(finding.kind), *said)


def _effect(finding: Finding) -> str:
    """What callers notice; two kinds of rules do something else than most of their kind."""
    rule = finding.rules[0] if finding.rules else None
    if finding.kind is Kind.CALLED_IN_ROOM and rule and rule.random_room:
        return str(_("Each caller gets a room of their own, whose name tells the number called to logs and metrics."))
    if finding.kind is Kind.EMPTY_ROOM and rule and not rule.pin:
        return str(_("No caller gets in by it."))
    return str(MEANINGS[finding.kind].effect)


def of(findings: Iterable[Finding], trunks: Mapping[str, str]) -> dict[str, FindingWords]:
    """The words of some findings, by key."""
    return {finding.key: say(finding, trunks) for finding in findings}


def repair(kind: Kind) -> str:
    """What puts such a finding right, with LiveKit's own switch where the installed protocol has it."""
    if kind is Kind.CALLER_IN_ROOM and caller_id.can_omit():
        return str(_("Set omit_caller_id, which leaves the number out; or use a Direct rule."))
    return str(MEANINGS[kind].repair)


def label(kind: Kind) -> str:
    """What the badge of such a finding says."""
    return str(_("Outage") if SEVERITY[kind] is Severity.OUTAGE else MEANINGS[kind].label)


def outage(code: str) -> str:
    """Why LiveKit's lists are not there."""
    if code == "no_sip":
        return str(_("LiveKit runs without Redis, so it has no SIP: it knows no trunks and no rules."))
    return str(_("LiveKit isn't answering. This page shows only what Frontdesk knows. (%(code)s)", code=code))


def unanswered(code: str) -> str:
    """Why a question to LiveKit has no answer, where nothing that we know ourselves could stand in for one."""
    if code == "no_sip":
        return outage(code)
    if code == "unauthenticated":
        return str(_("LiveKit refuses Frontdesk's API key, so nothing can be said about the call."))
    return str(_("LiveKit isn't answering, so nothing can be said about the call now."))


def _pending(finding: Finding) -> str:
    """Why LiveKit has not followed."""
    return problems.sentence(Problem.parse(finding.room.rule_problem)) if finding.room else ""
