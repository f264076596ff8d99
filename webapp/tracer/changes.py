"""What to change so that the call is taken: the object, its field, and the form that would match. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webapp.matching import Rule, Trunk, normalise
from webapp.tracer import lookalikes
from webapp.tracer.candidates import Candidate
from webapp.tracer.question import Question
from webapp.tracer.story import Story

EMPTY_ID = '""'
MOST = 5  # more proposals help nobody


@dataclass(frozen=True)
class FieldChange:
    """A field of a trunk or a rule: `old` goes, `new` comes, either may be empty; `code` names the reason.

    `instead` is the called number as the trunk takes it, for whoever typed a form that no provider sends.
    """

    thing: str  # trunk, rule
    id: str
    field: str
    code: str
    old: str = ""
    new: str = ""
    instead: str = ""


def proposed(story: Story, trunks: Sequence[Trunk], rules: Sequence[Rule]) -> list[FieldChange]:
    """The changes worth thinking of, nearest first; none where the call is taken or nothing nearly fitted."""
    known = {trunk.id: trunk for trunk in trunks}
    if story.culprits:
        changes: Iterable[FieldChange] = _of_culprits(story)
    elif story.verdict.startswith("error_"):
        changes = _of_errors(story, known)
    elif story.silent:
        changes = [*_of_trunks(story, known), *_of_elsewhere(story, rules), *_of_numbers(story, story.first)]
    elif story.verdict in ("pin_wrong", "hash_refused"):
        changes = [*_of_pins(story), *_of_elsewhere(story, rules), *_of_numbers(story, story.second)]
    else:
        changes = ()
    return list(dict.fromkeys(changes))[:MOST]


def _of_culprits(story: Story) -> Iterator[FieldChange]:
    kind = {"error_rule_conflict": ("pin", "conflict"), "error_bad_rule": ("rule", "no_kind")}
    field, code = kind.get(story.verdict, ("pin", "conflict"))
    if len(story.culprits) == 1 and code == "conflict":
        code = "repeats_itself"
    for rule_id in story.culprits:
        yield FieldChange("rule", rule_id, field, code)


def _of_errors(story: Story, known: dict[str, Trunk]) -> Iterator[FieldChange]:
    called = story.question.to_user
    for each in story.trunks:
        if story.verdict == "error_several_trunks" and each.reason == "specific":
            listed = next((n for n in known[each.id].numbers if normalise(n) == normalise(called)), called)
            yield FieldChange("trunk", each.id, "numbers", "several", listed)
        if story.verdict == "error_several_default_trunks" and each.reason == "default":
            yield FieldChange("trunk", each.id, "numbers", "several_default", "", normalise(called))
    if story.verdict in ("error_panic", "error_invalid_utf8"):
        rule = next((each.id for each in (*story.second, *story.first) if each.kept), "")
        yield FieldChange("rule", rule, "hide_phone_number", "unguarded" if story.verdict == "error_panic" else "cut")


def _of_trunks(story: Story, known: dict[str, Trunk]) -> Iterator[FieldChange]:
    question = story.question
    for each in story.trunks:
        if not each.cause or _clashes_with(known[each.id], story.trunk):
            continue
        for reason in (each.reason, *each.also):
            yield _of_refusal(reason, each, known[each.id], question)


def _of_refusal(reason: str, each: Candidate, trunk: Trunk, question: Question) -> FieldChange:
    if reason == "number_not_listed":
        # beside what is listed: without it, everybody who calls in that form would be cut off
        meant = lookalikes.meant(trunk.numbers, question.to_user)
        new, instead = _writable(question.to_user), lookalikes.as_dialled(meant) if meant else ""
        return FieldChange("trunk", each.id, "numbers", "called_form" if meant else "pattern", "", new, instead)
    if reason == "caller_not_allowed":
        listed = lookalikes.same_caller(trunk.allowed_numbers, question.from_user)
        covered = lookalikes.pattern(trunk.allowed_numbers, question.from_user)
        code = "caller_form" if listed else "pattern" if covered else "caller"
        return FieldChange("trunk", each.id, "allowed_numbers", code, "", question.from_user)
    return FieldChange("trunk", each.id, "allowed_addresses", "address", "", question.source_ip)


def _writable(number: str) -> str:
    """The number as a trunk's form takes it: only international numbers begin with a plus, to LiveKit both are one."""
    plain = normalise(number)
    return plain if number.startswith("+") and not plain.startswith("+0") else plain.removeprefix("+")


def _clashes_with(trunk: Trunk, taken: Trunk | None) -> bool:
    """Changed, it would not help beside the trunk that the call has: LiveKit takes neither of two that fit alike."""
    return taken is not None and bool(taken.numbers or not trunk.numbers)


def _of_numbers(story: Story, candidates: Iterable[Candidate]) -> Iterator[FieldChange]:
    question = story.question
    for each in candidates:
        if each.reason == "called_form":
            yield _exactly(each, "numbers", question.to_user)
        elif each.reason == "caller_form":
            yield _exactly(each, "inbound_numbers", question.from_user)
        elif each.reason == "called_pattern":
            yield FieldChange("rule", each.id, "numbers", "pattern", "", question.to_user)
        elif each.reason == "caller_pattern":
            yield FieldChange("rule", each.id, "inbound_numbers", "pattern", "", question.from_user)
        elif each.reason == "called_as_caller":
            yield FieldChange("rule", each.id, "inbound_numbers", "callers_only", each.detail)


def _exactly(candidate: Candidate, field: str, number: str) -> FieldChange:
    if normalise(candidate.detail) != normalise(number):
        return FieldChange("rule", candidate.id, field, "exact", "", number)
    # in its place: beside it the two are one number to LiveKit, and the rule would conflict with itself
    return FieldChange("rule", candidate.id, field, "exact_instead", candidate.detail, number)


def _of_pins(story: Story) -> Iterator[FieldChange]:
    if story.answer.get("result") == "ACCEPT":
        yield FieldChange("rule", story.rule_id, "room_name", "no_room")


def _of_elsewhere(story: Story, rules: Sequence[Rule]) -> Iterator[FieldChange]:
    """Rules that only their trunks keep from the call; without a trunk it must get one first."""
    if story.trunk is None:
        return
    named = {rule.id: rule.trunk_ids for rule in rules}
    for each in story.elsewhere:
        code = "other_trunk" if each.reason == "trunk_other" else each.reason
        old = EMPTY_ID if code == "trunk_empty" else ", ".join(filter(None, named[each.id]))
        yield FieldChange("rule", each.id, "trunk_ids", code, old, story.trunk.id)
