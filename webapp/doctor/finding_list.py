"""A page of findings: filtered by severity and kind, searched, worst first, by key."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.core import paging
from webapp.core.masking import impersonal
from webapp.doctor.finding import Finding
from webapp.doctor.findings import rank
from webapp.doctor.kinds import ORDER, Kind, Severity
from webapp.doctor.reading import Reading
from webapp.doctor.sentences import MEANINGS

ROWS = 20


@dataclass(frozen=True)
class FindingFilters(paging.Filters):
    """What a reader asked for; `past` is the key of the last finding of the page before."""

    severity: Severity | None = paging.asked("severity", paging.one_of(Severity))
    kind: Kind | None = paging.asked("kind", paging.one_of(Kind))
    search: str = paging.asked("find", paging.text(200), "")
    past: str = paging.cursor("past", 500)


@dataclass(frozen=True)
class FindingPage:
    """The findings of a page; `following` is empty on the last one. Counts are of what the search fits."""

    rows: list[Finding]
    all: int
    severities: Mapping[Severity, int]
    kinds: Mapping[Kind, int]
    following: str


def page(reading: Reading, filters: FindingFilters) -> FindingPage:
    """The page asked for, and how many findings each filter would show."""
    search, names = filters.search, reading.trunk_names
    fit = [finding for finding in reading.findings if not search or _fits(finding, search, names)]
    severities = Counter(finding.severity for finding in fit)
    chosen = [finding for finding in fit if filters.severity in (None, finding.severity)]
    kinds = Counter(finding.kind for finding in chosen)
    after = _place(filters.past)
    rows = [finding for finding in chosen if filters.kind in (None, finding.kind) and rank(finding) > after]
    following = rows[ROWS - 1].key if len(rows) > ROWS else ""
    return FindingPage(rows[:ROWS], len(fit), severities, dict(sorted(kinds.items(), key=_by_order)), following)


def _by_order(counted: tuple[Kind, int]) -> int:
    return ORDER[counted[0]]


def _place(key: str) -> tuple[int, str]:
    """Where a finding of that key stood, also when it is gone by now."""
    kind = paging.member(Kind, key.partition("~")[0])
    return (ORDER[kind], key) if kind else (-1, "")


def _fits(finding: Finding, search: str, trunks: Mapping[str, str]) -> bool:
    """The search is in what the reader may see of it: a number in a name finds nothing."""
    texts = [finding.room.name if finding.room else "", str(MEANINGS[finding.kind].label), finding.kind.value]
    texts += [text for rule in finding.rules for text in (rule.id, impersonal(rule.name))]
    texts += [trunks.get(finding.trunk_id, finding.trunk_id)]
    return any(search.casefold() in text.casefold() for text in texts)
