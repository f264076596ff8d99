"""Which dispatch rule a room wants, and which guard a trunk wants: pure."""

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from webapp.core.db import utcnow
from webapp.matching import Rule, Trunk, normalise
from webapp.rooms.models import Room
from webapp.rules.facts import RoomFacts

Json = dict[str, Any]
ROOM_RULE = "frontdesk:"
OLD_RULE = "frontdesk-old:"  # a PIN that was replaced and still works for a while
GUARD_RULE = "frontdesk-guard:"
GUARD_ROOM = "no-caller-id"
GUARD_PREFIX = f"{GUARD_ROOM}_"  # LiveKit appends the caller (nobody) and something random
NOBODY = "frontdesk-guard"  # no caller is called that: a guard that is not finished takes no call


def desired(room: Room | RoomFacts, web_inside: int) -> Json | None:
    """The one rule that the room wants now: none unless its phone is on, it has a PIN, and somebody came by web.

    A rule always names its trunk: a rule of no trunk lets in callers whom every trunk refused.
    """
    return _direct(room, rule_name(room.id), room.pin) if room.pin and _lets_phones_in(room, web_inside) else None


def desired_old(room: Room | RoomFacts, web_inside: int, now: datetime | None = None) -> Json | None:
    """The rule that the room wants beside it for the PIN it had before: none once the time of that PIN is over."""
    works = room.old_pin is not None and room.old_pin_until is not None and room.old_pin_until > (now or utcnow())
    return _direct(room, old_rule_name(room.id), room.old_pin) if works and _lets_phones_in(room, web_inside) else None


def _lets_phones_in(room: Room | RoomFacts, web_inside: int) -> bool:
    return room.phone_enabled and bool(room.trunk_id) and room.deleted_at is None and web_inside > 0


def _direct(room: Room | RoomFacts, name: str, pin: str | None) -> Json:
    return {
        "name": name,
        "trunk_ids": [room.trunk_id],
        "hide_phone_number": room.hide_phone_number,
        "rule": {"dispatch_rule_direct": {"room_name": str(room.id), "pin": pin}},
    }


def guard(sip_trunk_id: str, numbers: tuple[str, ...] = ()) -> Json:
    """The rule that takes calls without a caller number away from the room rules of a trunk.

    With `numbers` it stands beside a foreign open rule, whose place it would take otherwise.
    """
    wanted: Json = {
        "name": f"{GUARD_RULE}{sip_trunk_id}",
        "trunk_ids": [sip_trunk_id],
        "inbound_numbers": [""],
        "rule": {"dispatch_rule_individual": {"room_prefix": GUARD_ROOM}},
    }
    return {**wanted, "numbers": list(numbers)} if numbers else wanted


def is_guard(rule: Rule, trunk_id: str) -> bool:
    """The rule says all that the guard of the trunk says, for every number or for those that it lists."""
    return fingerprint(rule) == fingerprint(Rule.parse(guard(trunk_id, tuple(rule.numbers))))


def guard_numbers(trunk: Trunk) -> tuple[str, ...]:
    """The called numbers of a trunk as it lists them, each once: two forms of one number conflict in LiveKit."""
    return tuple({normalise(number): number for number in reversed(trunk.numbers)}.values())[::-1]


def rule_name(room_id: uuid.UUID) -> str:
    """The name of a room's rule: no personal data, and ours at sight."""
    return f"{ROOM_RULE}{room_id}"


def old_rule_name(room_id: uuid.UUID) -> str:
    """The name of the rule of the PIN that the room had before."""
    return f"{OLD_RULE}{room_id}"


def is_old(rule: Rule) -> bool:
    """The rule is named like that of a PIN that was replaced; of those on our rows the row says which they are."""
    return rule.name.startswith(OLD_RULE)


def as_room_id(name: str) -> uuid.UUID | None:
    """The room that a live room may be; None for a name that is not the canonical form of a UUID."""
    try:
        room_id = uuid.UUID(name)
    except ValueError:
        return None
    return room_id if str(room_id) == name else None


def is_guard_room(name: str) -> bool:
    """A live room of that name is one into which guards lead: nobody stays there."""
    return name.startswith(GUARD_PREFIX)


def fingerprint(rule: Rule) -> str:
    """What the rule says, as a digest: equal when nothing that a caller can notice differs.

    Whose it says that it is does not count: rules from before they said so would all have to be replaced at once.
    """
    says = (rule.name, rule.kind, rule.pin, rule.room, rule.random_room, rule.hides_caller)
    lists = (sorted(rule.trunk_ids), sorted(rule.inbound_numbers), sorted(rule.numbers))
    return hashlib.sha256(json.dumps([says, lists]).encode()).hexdigest()
