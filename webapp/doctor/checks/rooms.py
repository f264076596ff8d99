"""Rooms and their rules: what a room wants, beside what LiveKit has."""

import uuid
from collections.abc import Iterator

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.doctor.world import World
from webapp.matching import Rule
from webapp.rules import wanted as naming
from webapp.rules.facts import RoomFacts


def rooms(world: World) -> Iterator[Finding]:
    """What is wrong with each room; a row that changed after LiveKit was asked is left for the next time."""
    found, old = _by_room(world)
    for room in world.rooms.values():
        if room.rule_changed_at is not None and room.rule_changed_at >= world.now:
            continue
        yield from _of_room(world, room, found.get(room.id, []))
        yield from _of_old(world, room, old.get(room.id, []))


def impostors(world: World) -> Iterator[Finding]:
    """Rules that are named like ours, of rooms we do not have, or that lead elsewhere."""
    for rule in world.rules:
        if rule.id in world.impostors:
            yield Finding(Kind.IMPOSTOR, (rule,))


def _by_room(world: World) -> tuple[dict[uuid.UUID, list[Rule]], dict[uuid.UUID, list[Rule]]]:
    """The rules of each room, and those of its old PIN."""
    found: dict[uuid.UUID, list[Rule]] = {}
    old: dict[uuid.UUID, list[Rule]] = {}
    for rule in world.rules:
        if rule.id in world.impostors or rule.id in world.guards:
            continue
        if room_id := world.recorded.get(rule.id) or naming.room_id_of(rule):
            (old if _is_old(world, room_id, rule) else found).setdefault(room_id, []).append(rule)
    return found, old


def _is_old(world: World, room_id: uuid.UUID, rule: Rule) -> bool:
    """The rule is for the PIN before: our row says so, or else its name."""
    room = world.rooms.get(room_id)
    if room is not None and rule.id in (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id):
        return rule.id == room.old_sip_dispatch_rule_id
    return naming.is_old(rule)


def _of_room(world: World, room: RoomFacts, found: list[Rule]) -> Iterator[Finding]:
    wish = naming.desired(room, _web_inside(world, room))
    if wish is None:
        for rule in found:
            yield Finding(Kind.ORPHAN, (rule,), room, room.trunk_id)
    elif not found:
        yield Finding(Kind.MISSING, (), room, room.trunk_id)
    elif len(found) > 1:
        yield Finding(Kind.DUPLICATE, tuple(found), room, room.trunk_id)
    else:
        yield from _differences(room, found[0], Rule.parse(wish))
    if _is_stale(room.sip_dispatch_rule_id, world) and (wish is None or found):
        yield Finding(Kind.STALE, (), room, room.trunk_id)
    if _wants_trunk(room) and room.trunk_id not in world.trunk:
        yield Finding(Kind.NO_TRUNK, (), room, room.trunk_id)
    if room.live_since is None and room.deleted_at is None and (world.live or {}).get(room.id):
        yield Finding(Kind.UNHEARD, (), room, room.trunk_id)


def _of_old(world: World, room: RoomFacts, old: list[Rule]) -> Iterator[Finding]:
    """The second rule of a room whose old PIN still works for a while."""
    running = naming.desired_old(room, _web_inside(world, room), world.now) is not None
    for rule in old:
        if not running or rule.pin != room.old_pin:
            yield Finding(Kind.ORPHAN, (rule,), room, room.trunk_id)
    if _is_stale(room.old_sip_dispatch_rule_id, world) and not (running and not old):
        yield Finding(Kind.STALE, (), room, room.trunk_id, detail="old")


def _web_inside(world: World, room: RoomFacts) -> int:
    """How many came by web; nobody is in a room that LiveKit does not have, whatever our row believes."""
    return room.web_count if world.live is None or room.id in world.live else 0


def _wants_trunk(room: RoomFacts) -> bool:
    return room.phone_enabled and room.live_since is not None and room.deleted_at is None


def _is_stale(rule_id: str | None, world: World) -> bool:
    return rule_id is not None and rule_id not in world.rule_ids


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
