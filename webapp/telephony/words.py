"""What a finding means, in words: the fact, and what a caller hears of it."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.telephony.findings import Finding, Kind
from webapp.telephony.picture import Picture


@dataclass(frozen=True)
class Said:
    """A finding as its row shows it; `badge` is the badge's look."""

    badge: str
    label: str
    fact: str
    effect: str


def say(finding: Finding, trunk: str) -> Said:
    """The finding in words; `trunk` is the name of its trunk."""
    room = finding.room.name if finding.room else ""
    rules = ", ".join(rule.id for rule in finding.rules)
    match finding.kind:
        case Kind.CONFLICT:
            fact = _(
                "Two rules on %(trunk)s claim the same calls, so LiveKit refuses every call there",
                trunk=trunk or _("no trunk"),
            )
            effect = _(
                "Callers hear no prompt, only that nobody can be reached. No rule can be added until one is gone."
            )
            return Said("outage", _("Outage"), fact, effect)
        case Kind.UNGUARDED:
            fact = _("%(trunk)s has rules that hide numbers, but no guard beside them", trunk=trunk)
            effect = _("A call without a caller number could end every meeting. Comparing now places the guard.")
            return Said("error", _("No guard"), fact, effect)
        case Kind.NARROW:
            fact = _("A foreign open rule on %(trunk)s leaves the guard only the listed numbers", trunk=trunk)
            effect = _("Calls without a caller number to other numbers are not kept out. Remove the open rule.")
            return Said("warning", _("Narrow guard"), fact, effect)
    return _of_room(finding, room, rules)


def _of_room(finding: Finding, room: str, rules: str) -> Said:
    match finding.kind:
        case Kind.MISSING:
            fact = _("%(room)s is live, but no rule lets phones in", room=room)
            return Said(
                "error", _("Missing"), fact, _("Callers with the right PIN hear “wrong PIN”, or ringing without end.")
            )
        case Kind.DIFFERS:
            fact = _("The rule of %(room)s says something else than the room", room=room)
            effect = _("Callers may need the old PIN, or show numbers that should be hidden.")
            return Said("warning", _("Differs"), fact, effect)
        case Kind.WRONG_PIN:
            fact = _("The rule of %(room)s asks for another PIN than the room has", room=room)
            return Said("error", _("Wrong PIN"), fact, _("Callers with the room’s PIN hear “wrong PIN”."))
        case Kind.WRONG_TRUNK:
            fact = _("The rule of %(room)s is on another trunk than the room", room=room)
            return Said("error", _("Wrong trunk"), fact, _("Callers of the room’s number hear “wrong PIN”."))
        case Kind.DUPLICATE:
            fact = _("%(room)s has more than one rule", room=room)
            return Said("warning", _("Double"), fact, _("An old PIN may still reach the room."))
    fact = (
        _("No phone should reach %(room)s now, but its rule is still there", room=room)
        if room
        else _("Rule %(id)s has no room", id=rules)
    )
    return Said("warning", _("Orphan"), fact, _("Callers with its PIN get in, perhaps into an empty room."))


def of(seen: Picture) -> dict[Finding, Said]:
    """Every finding of the picture in words, in its order."""
    names = {trunk.id: trunk.name for trunk in seen.trunks}
    return {found: say(found, names.get(found.trunk_id, found.trunk_id)) for found in seen.findings}


def outage(code: str) -> str:
    """Why LiveKit's lists are not there."""
    if code == "no_sip":
        return str(_("LiveKit runs without Redis, so that it has no SIP: it knows no trunks and no rules."))
    return str(_("LiveKit did not answer (%(code)s). What stands here is what we know ourselves.", code=code))
