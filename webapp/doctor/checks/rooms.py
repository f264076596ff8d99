"""Rooms and their rules: what a room wants, beside what LiveKit has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Rule
from webapp.rules import wanted
from webapp.rules.facts import RoomFacts
from webapp.rules.owners import External, OfRoom

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading


def rooms(reading: "Reading") -> Iterator[Finding]:
    """What is wrong with each room; a row that changed after LiveKit was asked is left for the next time."""
    for room in reading.rooms.values():
        if room.rule_changed_at is not None and room.rule_changed_at >= reading.begun:
            continue
        rules = reading.of_room.get(room.id, [])
        old = [rule for rule in rules if reading.owner(rule) == OfRoom(room.id, old=True)]
        yield from _of_room(reading, room, [rule for rule in rules if rule not in old])
        yield from _of_old(reading, room, old)


def impostors(reading: "Reading") -> Iterator[Finding]:
    """Rules that are named like ours, of rooms we do not have, or that lead elsewhere."""
    for rule in reading.foreign:
        if reading.owner(rule) == External(named_like_ours=True):
            yield Finding(Kind.IMPOSTOR, (rule,))


def of_another_frontdesk(reading: "Reading") -> Iterator[Finding]:
    """Trunks on which rules of another Frontdesk stand: no fault, but whoever looks at them must know."""
    for trunk_id, rules in reading.on_trunk.items():
        if any(map(reading.is_of_another, rules)):
            yield Finding(Kind.OTHER_FRONTDESK, trunk_id=trunk_id)


def _of_room(reading: "Reading", room: RoomFacts, found: list[Rule]) -> Iterator[Finding]:
    wish = wanted.desired(room, reading.web_inside(room))
    if wish is None:
        for rule in found:
            yield Finding(Kind.ORPHAN, (rule,), room, room.trunk_id)
    elif not found:
        yield Finding(Kind.MISSING, (), room, room.trunk_id)
    elif len(found) > 1:
        yield Finding(Kind.DUPLICATE, tuple(found), room, room.trunk_id)
    else:
        yield from _differences(room, found[0], Rule.parse(wish))
    if _is_stale(room.sip_dispatch_rule_id, reading) and (wish is None or found):
        yield Finding(Kind.STALE, (), room, room.trunk_id)
    if _wants_trunk(room) and room.trunk_id not in reading.trunk_by_id:
        yield Finding(Kind.NO_TRUNK, (), room, room.trunk_id)
    if room.live_since is None and room.deleted_at is None and (reading.live or {}).get(room.id):
        yield Finding(Kind.UNHEARD, (), room, room.trunk_id)


def _of_old(reading: "Reading", room: RoomFacts, old: list[Rule]) -> Iterator[Finding]:
    """The second rule of a room whose old PIN still works for a while."""
    running = wanted.desired_old(room, reading.web_inside(room), reading.begun) is not None
    for rule in old:
        if not running or rule.pin != room.old_pin:
            yield Finding(Kind.ORPHAN, (rule,), room, room.trunk_id)
    if _is_stale(room.old_sip_dispatch_rule_id, reading) and not (running and not old):
        yield Finding(Kind.STALE, (), room, room.trunk_id, detail="old")


def _wants_trunk(room: RoomFacts) -> bool:
    return room.phone_enabled and room.live_since is not None and room.deleted_at is None


def _is_stale(rule_id: str | None, reading: "Reading") -> bool:
    return rule_id is not None and rule_id not in reading.rule_by_id


def _differences(room: RoomFacts, rule: Rule, wanted: Rule) -> Iterator[Finding]:
    if rule.pin != wanted.pin:
        yield Finding(Kind.WRONG_PIN, (rule,), room, room.trunk_id)
    if sorted(rule.trunk_ids) != sorted(wanted.trunk_ids):
        yield Finding(Kind.WRONG_TRUNK, (rule,), room, room.trunk_id)
    if fields := _different(rule, wanted):
        yield Finding(Kind.DIFFERS, (rule,), room, room.trunk_id, detail=fields)
    elif not rule.hides_caller:
        yield Finding(Kind.VISIBLE_BY_CHOICE, (rule,), room, room.trunk_id)


def _different(rule: Rule, wanted: Rule) -> str:
    """Which other fields differ, by name."""
    fields = ("name", "kind", "room", "hides_caller", "inbound_numbers", "numbers")
    return ".".join(field for field in fields if getattr(rule, field) != getattr(wanted, field))
