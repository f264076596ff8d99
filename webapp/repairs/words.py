"""Repairs in words: what becomes of each rule, what that means for people, and what LiveKit is asked."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.doctor.reading import Reading
from webapp.doctor.sentences import facts
from webapp.matching import Rule
from webapp.repairs import hiding
from webapp.repairs.hiding import Obstacle
from webapp.repairs.models import ItemResult
from webapp.repairs.plan import Change, Plan
from webapp.repairs.requests import REFUSING, Delete, Heal, Replace, Request
from webapp.rules import owners, problems
from webapp.rules.owners import GuardOf
from webapp.rules.problems import Problem


@dataclass(frozen=True)
class Shown:
    """A rule as one side of a dry run shows it; numbers stay out, and of a PIN there are two digits."""

    id: str  # empty for one that LiveKit is still to make
    name: str
    room: str
    trunks: str
    pin: bool
    ending: str


@dataclass(frozen=True)
class Side:
    """A rule before and after, and in a few words what becomes of it."""

    fate: str
    before: Shown | None
    after: Shown | None
    words: str


@dataclass(frozen=True)
class PlanWords:
    """A plan as its dry run shows it."""

    plan: Plan
    button: str
    sides: list[Side]
    effects: list[tuple[str, str]]  # an icon and a sentence
    requests: list[str]

    @property
    def destroys(self) -> bool:
        """Rules go, and nothing takes their place."""
        return any(side.fate == "goes" for side in self.sides)


def say(plan: Plan, reading: Reading) -> PlanWords:
    """A plan in words."""
    requests = list(dict.fromkeys(text for request in plan.requests for text in _requests(request, plan, reading)))
    sides = [_side(change, reading) for change in plan.changes]
    return PlanWords(plan, button(plan), sides, _effects(plan, reading), requests)


def button(plan: Plan) -> str:
    """The deed by its name."""
    fates = [change.fate for change in plan.changes]
    gone, come, changed = (fates.count(fate) for fate in ("goes", "comes", "changed"))
    if gone and not come and not changed:
        return str(ngettext("Repair: delete %(num)d rule", "Repair: delete %(num)d rules", gone))
    if gone:
        return str(_("Repair: put the right rule in place"))
    if come:
        return str(ngettext("Repair: create %(num)d rule", "Repair: create %(num)d rules", come))
    if changed:
        return str(ngettext("Repair: change %(num)d rule", "Repair: change %(num)d rules", changed))
    return str(_("Repair: compare again"))


def choice(plan: Plan) -> str:
    """What a way to repair a finding is called, where there are several."""
    if plan.foreign is None:
        return str(_("Change only Frontdesk's part"))
    names = {
        "delete": _("Delete the rule"),
        "hide": _("Hide callers' numbers"),
        "omit": _("Leave the caller's number out of the room's name"),
        "undangle": _("Take the missing trunk out of the rule"),
        "once": _("Name each number and trunk once"),
    }
    how = plan.choice.partition("~")[0]
    namesakes = sum(rule.name.strip() == plan.foreign.name.strip() for rule in plan.finding.rules)
    told = plan.typed if namesakes < 2 or plan.typed == plan.foreign.id else f"{plan.typed} ({plan.foreign.id})"
    return f"{names[how]}: {told}"


def not_hidden(obstacle: Obstacle) -> str:
    """Why it is not offered to hide a rule's numbers, and what to do first."""
    because = {
        Obstacle.NO_TRUNK: _("Hiding numbers isn't offered: LiveKit has none of the rule's trunks."),
        Obstacle.OPEN: _(
            "Hiding numbers isn't offered: this rule has no PIN, so it stands in the place of the "
            "trunk's guard, and a call without a caller number would stop LiveKit for everyone. Give "
            "the rule a PIN first."
        ),
        Obstacle.BESIDE_OPEN: _(
            "Hiding numbers isn't offered: another external rule without a PIN stands in the place "
            "of the trunk's guard, and a call without a caller number could stop LiveKit for "
            "everyone. Change that rule first."
        ),
        Obstacle.FIRST: _(
            "Hiding numbers isn't offered: this rule takes calls before the trunk's guard does, so a "
            "call without a caller number would stop LiveKit for everyone. First change which "
            "numbers the rule lists."
        ),
    }
    return str(because[obstacle])


def _side(change: Change, reading: Reading) -> Side:
    words = {
        "goes": _("deleted"),
        "comes": _("created by Frontdesk"),
        "kept": _("unchanged"),
        "changed": _changed(change),
    }
    return Side(change.fate, _shown(change.before, reading), _shown(change.after, reading), words[change.fate])


def _shown(rule: Rule | None, reading: Reading) -> Shown | None:
    if rule is None:
        return None
    room = reading.room_of(rule)
    trunks = ", ".join(reading.trunk_name(trunk_id) for trunk_id in rule.trunk_ids)
    name = owners.shown_name(rule, reading.owner(rule))
    return Shown(rule.id, name, room.name if room else "", trunks, bool(rule.pin), _ending(rule.pin))


def _ending(pin: str) -> str:
    """The last two digits; none of a short PIN, of which they would tell too much."""
    return pin[-2:] if len(pin) >= 4 else ""


def _changed(change: Change) -> str:
    """Which fields get another value."""
    before, after = change.before, change.after
    if before is None or after is None:
        return ""
    names = {
        "pin": _("PIN"),
        "room": _("room"),
        "trunk_ids": _("trunk"),
        "inbound_numbers": _("callers"),
        "numbers": _("called numbers"),
        "kind": _("kind"),
    }
    told = [name for field, name in names.items() if getattr(before, field) != getattr(after, field)]
    if before.hides_caller != after.hides_caller:
        told.append(_("callers' numbers hidden") if after.hides_caller else _("callers' numbers shown"))
    return str(_("changed: %(fields)s", fields=", ".join(told)) if told else _("changed"))


def _effects(plan: Plan, reading: Reading) -> list[tuple[str, str]]:
    said = []
    on = plan.finding.trunk_id
    trunk = facts.trunk_name(on, reading.trunk_names) if on else _("every trunk")
    if plan.finding.kind in REFUSING:
        if plan.still_refused:
            said.append(("warning", _("Another rule keeps calls on %(trunk)s refused: repair that too.", trunk=trunk)))
        else:
            said.append(("check", _("Calls on %(trunk)s are answered again at once.", trunk=trunk)))
            said.append(("check", _("Rooms waiting for their rule get it automatically.")))
    said += [("check", words) for change in plan.changes if (words := _effect(change, plan, reading))]
    if plan.inside:
        stay = ngettext(
            "No one is dropped: %(num)d person in the meeting stays, and so do callers.",
            "No one is dropped: %(num)d people in the meeting stay, and so do callers.",
            plan.inside,
        )
    else:
        stay = _("No one in a meeting is dropped: a rule matters only while a call is being answered.")
    return [*dict.fromkeys(said), ("user", stay)]


def _effect(change: Change, plan: Plan, reading: Reading) -> str:
    """What a caller notices of one rule."""
    rule = change.after or change.before
    if rule is None or change.fate == "kept":
        return ""
    if isinstance(reading.owner(rule), GuardOf):
        return str(_("Calls without a caller number are kept away from rules that hide numbers."))
    if change.fate == "goes":
        return _gone(rule, plan)
    if plan.choice.startswith("hide"):
        return str(_("Numbers of callers who join from then on are hidden."))
    ours = reading.is_ours(rule)
    return str(_("Callers who type the room's PIN get in.") if ours else _("Calls it takes go where they went before."))


def _gone(rule: Rule, plan: Plan) -> str:
    if plan.foreign:
        return str(_("Calls that this rule took go to the next rule that fits, or ring without an answer."))
    again = any(each.after is not None and each.after.name == rule.name for each in plan.changes)
    return "" if again else str(_("Callers who type its PIN hear “wrong PIN”, or ringing without an answer."))


def _requests(request: Request, plan: Plan, reading: Reading) -> list[str]:
    """What LiveKit is asked to change, in the order of the changes."""
    if isinstance(request, Heal):
        trunk = facts.trunk_name(request.trunk_id, reading.trunk_names)
        return [_("Compare the guard of trunk %(trunk)s, and make or change it.", trunk=trunk)]
    if isinstance(request, Replace):
        trunk_ids = hiding.present(request.content.get("trunk_ids") or (), reading)
        bare = request.content.get("hide_phone_number") and not set(trunk_ids) <= reading.guards.keys()
        guard = [_("Make the guard of its trunks.")] if bare else []
        return [*guard, _("Replace rule %(id)s.", id=request.rule_id)]
    if isinstance(request, Delete):
        return [_("Delete rule %(id)s.", id=request.rule_id)]
    changes = [
        each for each in plan.changes if each.fate != "kept" and (each.before is None or each.before != plan.foreign)
    ]
    asks = _("Ask who is in the room: dial-in opens only for people online.")
    return [asks, *(_request(change) for change in changes)]


def _request(change: Change) -> str:
    if change.after is None and change.before is not None:
        return str(_("Delete rule %(id)s.", id=change.before.id))
    if change.before is None:
        return str(_("Create the room's rule on its trunk."))
    return str(_("Replace rule %(id)s.", id=change.before.id))


def problem(code: str) -> str:
    """Why something was not repaired, as runs keep it."""
    sentences = {
        "": "",
        "stopped": _("The run was stopped before."),
        "not_ours": _("It's external now: confirm by typing its name."),
        "unchanged": _("Frontdesk's part is as it should be: a person must check what is beside it."),
        "broken": _("Something went wrong in Frontdesk. Retrying may help."),
        "unavailable": _("LiveKit didn't answer."),
        "refused": _("LiveKit refused the change."),
        "conflict": _("An external rule has the same trunk and PIN."),
        "other_frontdesk": _("A rule of another Frontdesk has the same trunk and PIN."),
        "pair": _("Two other rules of the trunk conflict: LiveKit refuses every change there until one is gone."),
        "waits_for": _("Another room's rule still has the PIN."),
        "no_sip": _("LiveKit runs without Redis, so it has no SIP."),
    }
    return str(sentences[code]) if code in sentences else problems.sentence(Problem(code))


def result(found: ItemResult) -> tuple[str, str]:
    """The look of a result's badge, and its word."""
    looks = {
        ItemResult.WAITING: ("wait", _("Waiting")),
        ItemResult.DONE: ("ok", _("Repaired")),
        ItemResult.ALREADY_SO: ("ok", _("Already right")),
        ItemResult.FAILED: ("failed", _("Failed")),
        ItemResult.SKIPPED: ("dropped", _("Skipped")),
    }
    return looks[found]
