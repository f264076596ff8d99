"""Whose a rule of LiveKit is: a room's, the guard of a trunk, or external. Nothing else of the app decides it.

A rule that bears the id of another installation is that one's, whatever else it says and whatever our rows say of it.
Any other is ours by its id on a row of ours, whatever it says by now, or by all that it says: a name of ours, and what
our rules say. A name alone proves nothing, because anybody may give it: a rule that is only named like ours is somebody
else's, so that nothing but a person changes it. So a rule from before there were such ids is ours as it was then; not
for a copy of the database, which has made none without one.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa

from webapp.core.db import db, pieces
from webapp.core.masking import impersonal
from webapp.matching import Rule
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import installation, marks, wanted
from webapp.rules.marks import UNNAMED, OwnIds
from webapp.rules.wanted import GUARD_ROOM, GUARD_RULE, NOBODY, OLD_RULE, ROOM_RULE, as_room_id


@dataclass(frozen=True, slots=True)
class OfRoom:
    """The rule of a room's PIN; `old`: of the PIN that the room had before."""

    room_id: uuid.UUID
    old: bool = False


@dataclass(frozen=True, slots=True)
class GuardOf:
    """The guard of a trunk."""

    trunk_id: str


@dataclass(frozen=True, slots=True)
class External:
    """A rule that this Frontdesk did not make; `named_like_ours`: it looks as if; `by_another`: one of its kind did."""

    named_like_ours: bool
    by_another: bool = False


Owner = OfRoom | GuardOf | External


@dataclass(frozen=True, slots=True)
class Known:
    """What our rows tell of rules: whose those are whose ids stand on them, and the ids of our rooms.

    Of the rooms at least those are there that have a rule or that one leads to; deleted ones too.
    """

    recorded: Mapping[str, OfRoom | GuardOf]
    rooms: Collection[uuid.UUID]
    identity: OwnIds = UNNAMED

    @classmethod
    def of(
        cls,
        rooms: Iterable[tuple[uuid.UUID, str | None, str | None]],
        guards: Iterable[tuple[str, str | None]],
        identity: OwnIds = UNNAMED,
    ) -> Self:
        """From the id of each room with those of its rule and its old rule; of each trunk with that of its guard."""
        rooms = list(rooms)
        recorded: dict[str, OfRoom | GuardOf] = {rule: GuardOf(trunk) for trunk, rule in guards if rule}
        recorded |= {rule: OfRoom(room) for room, rule, _old in rooms if rule}
        recorded |= {rule: OfRoom(room, old=True) for room, _rule, rule in rooms if rule}
        return cls(recorded, frozenset(room for room, _rule, _old in rooms), identity)


def owner_of(rule: Rule, known: Known) -> Owner:
    """Whose the rule is."""
    looks, another = known.recorded.get(rule.id) or _claimed(rule, known), not may_be_ours(rule, known.identity)
    if looks is not None and not another:
        return looks
    named = rule.name.startswith((ROOM_RULE, OLD_RULE, GUARD_RULE))
    return External(named, by_another=another and (looks is not None or bool(marks.mark_of(rule))))


def may_be_ours(rule: Rule, identity: OwnIds) -> bool:
    """No other installation made the rule, as far as it tells: whether this one did is `owner_of`'s to say."""
    mark = marks.mark_of(rule)
    return mark in identity.ids if mark else not identity.is_copy


def bears_our_id(rule: Rule, identity: OwnIds) -> bool:
    """The rule says already that it is this installation's."""
    return bool(identity.own) and marks.mark_of(rule) == identity.own


def rooms(rules: Iterable[Rule], known: Known) -> dict[uuid.UUID, list[Rule]]:
    """The rules of each room, of its PIN and of the one before, deleted rooms too."""
    found: dict[uuid.UUID, list[Rule]] = {}
    for rule in rules:
        if isinstance(owner := owner_of(rule, known), OfRoom):
            found.setdefault(owner.room_id, []).append(rule)
    return found


def guards(rules: Iterable[Rule], known: Known) -> dict[str, list[Rule]]:
    """The guards of each trunk."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        if isinstance(owner := owner_of(rule, known), GuardOf):
            found.setdefault(owner.trunk_id, []).append(rule)
    return found


def known(rules: Iterable[Rule]) -> Known:
    """What our rows tell, as far as these rules go; the caller commits before LiveKit is asked again."""
    columns = sa.select(Room.id, Room.sip_dispatch_rule_id, Room.old_sip_dispatch_rule_id)
    with_rule = sa.or_(Room.sip_dispatch_rule_id.is_not(None), Room.old_sip_dispatch_rule_id.is_not(None))
    found = {row[0]: row for row in db.session.execute(columns.where(with_rule))}
    for piece in pieces(claimed_rooms(rules) - set(found)):
        found |= {row[0]: row for row in db.session.execute(columns.where(Room.id.in_(piece)))}
    of_trunks = sa.select(TrunkRow.sip_trunk_id, TrunkRow.guard_rule_id).where(TrunkRow.guard_rule_id.is_not(None))
    return Known.of(found.values(), db.session.execute(of_trunks), installation.identity())


def claimed_rooms(rules: Iterable[Rule]) -> set[uuid.UUID]:
    """The rooms that the rules say they are of; whether these are rooms of ours, only our rows tell."""
    return {claim.room_id for rule in rules if isinstance(claim := _claim(rule), OfRoom)}


def shown_name(rule: Rule, owner: Owner) -> str:
    """The rule's name as support may see it: whole only where it is the one that Frontdesk gave it."""
    match owner:
        case OfRoom(room_id):
            given = {wanted.rule_name(room_id), wanted.old_rule_name(room_id)}
        case GuardOf(trunk_id):
            given = {f"{GUARD_RULE}{trunk_id}"}
        case External():
            given = set()
    return rule.name if rule.name in given else impersonal(rule.name)


def _claimed(rule: Rule, known: Known) -> OfRoom | GuardOf | None:
    claim = _claim(rule)
    return claim if not isinstance(claim, OfRoom) or claim.room_id in known.rooms else None


def _claim(rule: Rule) -> OfRoom | GuardOf | None:
    """Whose the rule is by its name and by what it says; None where the two do not go together."""
    prefix, _colon, named = rule.name.partition(":")
    if f"{prefix}:" == GUARD_RULE:
        return GuardOf(named) if named and _guards(rule, named) else None
    room_id = as_room_id(named) if f"{prefix}:" in (ROOM_RULE, OLD_RULE) else None
    if room_id is None or (rule.kind, rule.room) != ("direct", named):
        return None
    return OfRoom(room_id, old=f"{prefix}:" == OLD_RULE)


def _guards(rule: Rule, trunk_id: str) -> bool:
    """The rule says what the guard of the trunk says, finished or not."""
    leads = (rule.kind, rule.room, rule.pin) == ("individual", GUARD_ROOM, "")
    return leads and rule.trunk_ids == (trunk_id,) and list(rule.inbound_numbers) in ([""], [NOBODY])
