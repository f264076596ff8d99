"""The steps of a call, in the order in which LiveKit takes them, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.calls import pseudonyms
from webapp.matching import Trunk, normalise, parse_address
from webapp.tracer import lookalikes, reasons
from webapp.tracer.candidates import Candidate
from webapp.tracer.names import Name, Names
from webapp.tracer.story import BEFORE_RULES, Story

STATES = ("kept", "cause", "dropped")  # the order in which they are shown
SHOWN = 12  # candidates of a step; the others are counted


@dataclass(frozen=True)
class Row:
    """A trunk or a rule of a step: `state` is kept, cause or dropped."""

    name: Name
    state: str
    why: str


@dataclass(frozen=True)
class Step:
    """One step: `state` is passed, stopped or never; `more` counts the dropped that are not shown."""

    state: str
    title: str
    note: str = ""
    text: str = ""
    rows: Sequence[Row] = ()
    more: int = 0


def steps(story: Story, trunks: Mapping[str, Trunk], names: Names) -> list[Step]:
    """Every step, those that were never reached too."""
    reached = [_numbers(story)]
    for make in (_trunk, _password, _conflicts, _first, _typed, _end):
        step = None if reached[-1].state == "stopped" else make(story, trunks, names)
        if step is not None:
            reached.append(step)
    if reached[-1].state == "stopped" and not story.guarded:
        return [*reached, Step("never", _("What follows"), _("not reached"))]
    return reached


def _numbers(story: Story) -> Step:
    question = story.question
    title = _("Numbers as LiveKit reads them")
    source = _("from %(source)s", source=question.source_ip) if question.source_ip else _("from anywhere")
    called = _("Called %(number)s", number=normalise(question.to_user) or _("nothing"))
    text = f"{called}, {_caller(question.from_user)}, {source}."
    if question.source_ip and parse_address(question.source_ip) is None:
        wrong = _("This is no IP address: LiveKit answers an error.")
        return Step("stopped", title, text=f"{text} {wrong}")
    if not lookalikes.comparable(question.to_user):
        text += " " + _(
            "The called number holds other signs than digits, so that LiveKit compares it letter by letter."
        )
    elif normalise(question.to_user).startswith("+00"):
        text += " " + _("Zeros in front stay: LiveKit knows no country codes, 0033… and +33… differ.")
    return Step("passed", title, text=text)


def _caller(number: str) -> str:
    if not number:
        return str(_("no caller number"))
    ending = pseudonyms.ending_of(number)
    if ending:
        return str(_("caller ending in %(end)s", end=ending))
    withheld = number.lower() in pseudonyms.WITHHELD
    return str(_("number withheld") if withheld else _("a caller with a name, no number"))


def _trunk(story: Story, trunks: Mapping[str, Trunk], names: Names) -> Step:
    stopped = not story.trunk
    shown, more = _shown(story.trunks, stopped)
    rows = [
        Row(names.trunk(each.id), _state(each, stopped), reasons.of_trunk(each, trunks[each.id], story))
        for each in shown
    ]
    kept = sum(each.kept for each in story.trunks)
    note = _("%(kept)s of %(all)s match", kept=kept, all=len(story.trunks))
    if story.verdict in BEFORE_RULES:
        return Step("stopped", _("Trunk: more than one fits"), note, rows=rows, more=more)
    if story.trunk:
        return Step("passed", _("Trunk: %(name)s", name=names.trunk(story.trunk.id).text), note, rows=rows, more=more)
    text = _("That alone refuses no one: LiveKit goes on and asks the rules that name no trunk.")
    return Step("passed", _("Trunk: none"), note, text, rows, more)


def _password(story: Story, _trunks: Mapping[str, Trunk], _names: Names) -> Step | None:
    trunk = story.trunk
    if trunk is None:
        return None
    if trunk.asks_password:
        text = _("SIP digest is asked for (407); a wrong answer ends in 401. Taken as passed here.")
        return Step("passed", _("Password"), text=text)
    if trunk.info.get("auth_username") or trunk.info.get("auth_password"):
        text = _("Only one of user name and password is set, so that LiveKit asks no one.")
        return Step("passed", _("Password: not asked for"), text=text)
    return None


def _conflicts(story: Story, _trunks: Mapping[str, Trunk], names: Names) -> Step:
    count = len(story.loaded)
    note = ngettext("%(num)d rule checked", "%(num)d rules checked", count)
    if not story.culprits:
        return Step("passed", _("No two rules in conflict"), note)
    bad = story.verdict == "error_bad_rule"
    why = _("Has no kind.") if bad else _("Matches calls that another rule, or itself, already matches.")
    rows = [Row(names.rule(rule_id), "cause", why) for rule_id in story.culprits]
    title = _("A rule of no kind") if bad else _("Rules in conflict")
    text = _("LiveKit checks all of them before it looks at the call, so that every call here fails.")
    return Step("stopped", title, note, text, rows)


def _first(story: Story, _trunks: Mapping[str, Trunk], names: Names) -> Step:
    stopped = story.silent or story.verdict.startswith("error_")
    return _rules(_with_elsewhere(story, story.first), names, stopped=stopped, exist=story.rule_count > 0)


def _typed(story: Story, _trunks: Mapping[str, Trunk], names: Names) -> Step | None:
    if story.verdict == "request_pin":
        return Step("passed", _("PIN"), text=_("The prompt is played. Choose what the caller types to go on."))
    if story.verdict == "pin_wrong" and not story.second:
        text = _("More than 16 keys: LiveKit hangs up at the 17th without asking any rule.")
        return Step("stopped", _("PIN: too long"), text=text)
    if not story.second:
        return None
    failed = story.verdict in ("pin_wrong", "hash_refused") or story.verdict.startswith("error_")
    return _rules(_with_elsewhere(story, story.second), names, stopped=failed, typed=True)


def _with_elsewhere(story: Story, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those that LiveKit looked at, and those that it would have taken but for their trunks."""
    known = {each.id for each in candidates}
    return [*candidates, *(each for each in story.elsewhere if each.id not in known)]


def _rules(
    candidates: Sequence[Candidate], names: Names, *, stopped: bool, typed: bool = False, exist: bool = False
) -> Step:
    shown, more = _shown(candidates, stopped)
    rows = [Row(names.rule(each.id), _state(each, stopped), reasons.of_rule(each, names)) for each in shown]
    taken = next((each for each in candidates if each.kept), None)
    note = _("%(kept)s of %(all)s match", kept=1 if taken else 0, all=len(candidates))
    name = names.rule(taken.id).text if taken else _("no match")
    title = _("PIN: %(name)s", name=name) if typed else _("Rule: %(name)s", name=name)
    text = "" if rows else _no_rule(exist)
    if taken and stopped:
        text = _("It takes the call, but LiveKit can't let the caller in.")
    return Step("stopped" if stopped else "passed", title, note, text, rows, more)


def _no_rule(exist: bool) -> str:
    if exist:
        return str(_("All rules are for other trunks. A room's rule is created when the first person joins online."))
    return str(_("There is no rule at all here. A room's rule is created when the first person joins online."))


def _end(story: Story, _trunks: Mapping[str, Trunk], names: Names) -> Step | None:
    if not story.taken:
        return None
    if story.guarded:
        text = _(
            "The guard leads calls without a caller number into a room where no one is. Frontdesk "
            "removes the caller from there at once and counts the call as refused: no caller number."
        )
        return Step("stopped", _("Room: the guard's"), text=text)
    text = names.live_room(story)
    if story.answer.get("room_random"):
        text = _("A new room for each call: %(name)s and 12 random signs.", name=text)
    if names.has_lobby(story):
        text += ". " + _("Where LiveKit can hold callers, they then wait in the lobby until a host lets them in.")
    return Step("passed", _("Room"), text=text)


def _state(each: Candidate, stopped: bool) -> str:
    return "kept" if each.kept else "cause" if each.cause and stopped else "dropped"


def _shown(candidates: Iterable[Candidate], stopped: bool) -> tuple[list[Candidate], int]:
    """Those to show, the telling ones first, and how many are left out: only what is shown is put into words."""
    ranked = sorted(candidates, key=lambda each: STATES.index(_state(each, stopped)))
    return ranked[:SHOWN], max(0, len(ranked) - SHOWN)
