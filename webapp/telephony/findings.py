"""What is wrong with the rules: LiveKit's list compared with what the rooms want; pure."""

import enum
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webapp.rooms.models import Room, Trunk
from webapp.telephony import problems, rules
from webapp.telephony.matching import Rule


class Kind(enum.Enum):
    """What can be wrong, worst first."""

    CONFLICT = "conflict"
    UNGUARDED = "unguarded"
    MISSING = "missing"
    DIFFERS = "differs"
    ORPHAN = "orphan"
    DOUBLE = "double"
    NARROW = "narrow"


ORDER = list(Kind)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: with which rules, which room, on which trunk."""

    kind: Kind
    rules: tuple[Rule, ...] = ()
    room: Room | None = None
    trunk_id: str = ""


def find(stored: list[Rule], rooms: Mapping[uuid.UUID, Room], trunks: Iterable[Trunk]) -> list[Finding]:
    """Every finding, worst first; `rooms` are all that are live or have a rule, by id."""
    found = [*_conflicts(stored), *_of_guards(stored, trunks)]
    ours: dict[uuid.UUID, list[Rule]] = {}
    for rule in stored:
        if room_id := rules.room_id_of(rule):
            ours.setdefault(room_id, []).append(rule)
    for room_id in ours.keys() | rooms.keys():
        found += _of_room(rooms.get(room_id), ours.get(room_id, []))
    return sorted(found, key=lambda finding: (ORDER.index(finding.kind), _names(finding)))


def by_rule(found: Iterable[Finding]) -> dict[str, Finding]:
    """The worst finding of each rule, by its id."""
    worst: dict[str, Finding] = {}
    for finding in found:
        for rule in finding.rules:
            worst.setdefault(rule.id, finding)
    return worst


def _conflicts(stored: list[Rule]) -> Iterable[Finding]:
    """Pairs that claim the same calls: LiveKit refuses every call on their trunk."""
    holders: dict[tuple[str, str, str, str], Rule] = {}
    seen: set[tuple[str, str]] = set()
    for rule in stored:
        for key in rule.keys:
            holder = holders.setdefault(key, rule)
            if holder is not rule and (holder.id, rule.id) not in seen:
                seen.add((holder.id, rule.id))
                yield Finding(Kind.CONFLICT, (holder, rule), trunk_id=key[1])


def _of_guards(stored: list[Rule], trunks: Iterable[Trunk]) -> Iterable[Finding]:
    guarded = {trunk for rule in stored if (trunk := rules.guarded_trunk(rule))}
    hiding = {trunk for rule in stored if rule.hides_caller for trunk in rule.trunk_ids}
    for trunk_id in sorted(hiding - guarded):
        yield Finding(Kind.UNGUARDED, trunk_id=trunk_id)
    for row in trunks:
        if row.guard_problem == problems.GUARD_NARROW and row.sip_trunk_id in guarded:
            yield Finding(Kind.NARROW, trunk_id=row.sip_trunk_id)


def _of_room(room: Room | None, found: list[Rule]) -> Iterable[Finding]:
    yield from _of_wish(room, rules.desired(room, room.web_count) if room else None, [*_of_pin(found, old=False)])
    yield from _of_wish(room, rules.desired_old(room, room.web_count) if room else None, [*_of_pin(found, old=True)])


def _of_pin(found: list[Rule], *, old: bool) -> Iterable[Rule]:
    return (rule for rule in found if rules.is_old(rule) is old)


def _of_wish(room: Room | None, wish: rules.Json | None, found: list[Rule]) -> Iterable[Finding]:
    if wish is None:
        if found:
            yield Finding(Kind.ORPHAN, tuple(found), room)
        return
    if not found:
        yield Finding(Kind.MISSING, (), room, wish["trunk_ids"][0])
    elif len(found) > 1:
        yield Finding(Kind.DOUBLE, tuple(found), room)
    elif rules.fingerprint(found[0]) != rules.fingerprint(Rule.parse(wish)):
        yield Finding(Kind.DIFFERS, tuple(found), room)


def _names(finding: Finding) -> str:
    return finding.room.name if finding.room else "".join(rule.id for rule in finding.rules) or finding.trunk_id
