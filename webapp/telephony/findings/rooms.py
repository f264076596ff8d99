"""Rooms and their rules: what a room wants, beside what LiveKit has."""

import uuid
from collections.abc import Iterator

from webapp.telephony import rules as naming
from webapp.telephony.facts import RoomFacts
from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import Kind
from webapp.telephony.findings.world import World
from webapp.telephony.matching import Rule


def rooms(world: World) -> Iterator[Finding]:
    """Every room that is live, has a rule, or is named by one."""
    found: dict[uuid.UUID, list[Rule]] = {}
    for rule in world.rules:
        room_id = naming.room_id_of(rule)
        if room_id is None:
            continue
        if room_id in world.rooms and not _is_impostor(rule, world.rooms[room_id]):
            found.setdefault(room_id, []).append(rule)
    for room in world.rooms.values():
        yield from _of_room(room, found.get(room.id, []))


def _is_impostor(rule: Rule, room: RoomFacts) -> bool:
    """It has the name of the room's rule, but leads elsewhere, and our row does not know it."""
    return rule.id != room.sip_dispatch_rule_id and (rule.kind, rule.room) != ("direct", str(room.id))


def _of_room(room: RoomFacts, found: list[Rule]) -> Iterator[Finding]:
    wish = naming.desired(room, room.web_count)
    if wish is None:
        for rule in found:
            yield Finding(Kind.ORPHAN, (rule,), room)
    elif not found:
        yield Finding(Kind.MISSING, (), room, wish["trunk_ids"][0])
    elif len(found) > 1:
        yield Finding(Kind.DUPLICATE, tuple(found), room, wish["trunk_ids"][0])
    else:
        yield from _differences(room, found[0], Rule.parse(wish))


def _differences(room: RoomFacts, rule: Rule, wanted: Rule) -> Iterator[Finding]:
    if rule.pin != wanted.pin:
        yield Finding(Kind.WRONG_PIN, (rule,), room, wanted.trunk_ids[0])
    if sorted(rule.trunk_ids) != sorted(wanted.trunk_ids):
        yield Finding(Kind.WRONG_TRUNK, (rule,), room, wanted.trunk_ids[0])
    if fields := _different(rule, wanted):
        yield Finding(Kind.DIFFERS, (rule,), room, wanted.trunk_ids[0], detail=fields)


def _different(rule: Rule, wanted: Rule) -> str:
    """Which other fields differ, by name."""
    fields = ("kind", "room", "hides_caller", "inbound_numbers", "numbers")
    return ".".join(field for field in fields if getattr(rule, field) != getattr(wanted, field))
