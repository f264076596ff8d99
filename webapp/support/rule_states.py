"""How the dispatch rule of a room stands, by what is known already: our row, and what the doctor found last."""

import enum
from datetime import datetime

from flask_babel import gettext as _

from webapp.doctor.kinds import OF_ROOMS, Kind
from webapp.matching import Rule
from webapp.rooms.models import Room
from webapp.rules import problems
from webapp.rules.problems import Problem
from webapp.rules.wanted import Json, desired, desired_old, fingerprint


class RoomRuleState(enum.Enum):
    """Whether LiveKit has the rule that the room wants."""

    AS_WANTED = "as_wanted"
    MISSING = "missing"
    DIFFERS = "differs"
    NOT_NEEDED = "not_needed"
    UNKNOWN = "unknown"


def of(room: Room, finding: Kind | None, read_at: datetime | None) -> RoomRuleState:
    """The state of the room's rule; `read_at` is when LiveKit was last read, None when that is no longer worth much.

    A finding older than the last change of the rule says nothing of it.
    """
    if read_at is None or Problem.parse(room.rule_problem).is_unavailable:
        return RoomRuleState.UNKNOWN
    if finding in OF_ROOMS and (room.rule_changed_at is None or room.rule_changed_at < read_at):
        return RoomRuleState.MISSING if finding is Kind.MISSING else RoomRuleState.DIFFERS
    wish, old = desired(room, room.web_count), desired_old(room, room.web_count)
    if wish and not room.sip_dispatch_rule_id:
        return RoomRuleState.MISSING
    now = _agrees(wish, room.sip_dispatch_rule_id, room.rule_fingerprint)
    if not (now and _agrees(old, room.old_sip_dispatch_rule_id, room.old_rule_fingerprint)):
        return RoomRuleState.DIFFERS
    return RoomRuleState.AS_WANTED if wish else RoomRuleState.NOT_NEEDED


def _agrees(wish: Json | None, rule_id: str | None, says: str) -> bool:
    """The rule that LiveKit took last says what is wanted; none where none is."""
    if wish is None:
        return not rule_id
    return bool(rule_id) and says == fingerprint(Rule.parse(wish))


def why(room: Room, state: RoomRuleState) -> str:
    """Why it stands so, in words that name no number and no PIN; empty where there is nothing to add."""
    match state:
        case RoomRuleState.MISSING | RoomRuleState.DIFFERS:
            return problems.sentence(Problem.parse(room.rule_problem))
        case RoomRuleState.NOT_NEEDED:
            return _why_none(room)
    return ""


def _why_none(room: Room) -> str:
    if not room.phone_enabled:
        return str(_("Dial-in is off"))
    if not room.trunk_id or not room.pin:
        return str(_("No trunk") if not room.trunk_id else _("No PIN"))
    return str(_("Opens when the first person joins online"))
