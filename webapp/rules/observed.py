"""Which rule LiveKit really has for each room: what a list says goes onto our rows, and what is too many goes."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.core import leases
from webapp.core.db import db, pieces
from webapp.matching import Rule
from webapp.rooms.models import Room
from webapp.rules import owners, placing, removals, wanted
from webapp.rules.owners import Known, OfRoom

Says = set[tuple[str, str]]  # ids of rules and what they say
KNOWN = (Room.sip_dispatch_rule_id, Room.rule_fingerprint, Room.old_sip_dispatch_rule_id, Room.old_rule_fingerprint)


@dataclass(frozen=True)
class Differences:
    """Rooms whose rows say something else than LiveKit's list, with the rules that it has for them.

    `wrong` are the ids of rules of ours that stand in the way of others: one without a PIN, which no room wants and
    whose place is the guard's, and those of a conflicting pair that are not as we left them.
    """

    of_rooms: dict[uuid.UUID, list[Rule]]
    wrong: set[str]


def compare(stored: list[Rule], known: Known) -> Differences:
    """Hold all of LiveKit's rules against our rows."""
    of_rooms = owners.rooms(stored, known)
    left = believed(of_rooms)
    says = {room_id: {(rule.id, wanted.fingerprint(rule)) for rule in found} for room_id, found in of_rooms.items()}
    differ = {room_id for room_id in says if says[room_id] != left.get(room_id)}  # doubles and strays no row knows
    with_rule = {owner.room_id for owner in known.recorded.values() if isinstance(owner, OfRoom)}
    differ |= with_rule - set(of_rooms)
    wrong = _open(of_rooms) | _wrong_of_pairs(of_rooms, left)
    return Differences({room_id: of_rooms.get(room_id, []) for room_id in differ}, wrong)


def _open(of_rooms: dict[uuid.UUID, list[Rule]]) -> set[str]:
    return {rule.id for found in of_rooms.values() for rule in found if not rule.pin}


def _wrong_of_pairs(of_rooms: dict[uuid.UUID, list[Rule]], left: dict[uuid.UUID, Says]) -> set[str]:
    """Of our rules that conflict one may stay: the one that is as we left it, else the first; the others' ids.

    While a pair stands LiveKit changes nothing on the trunk, but it deletes.
    """
    holders: dict[tuple[str, ...], list[tuple[bool, str]]] = {}
    for room_id, found in of_rooms.items():
        for rule in found:
            changed = (rule.id, wanted.fingerprint(rule)) not in left.get(room_id, set())
            for key in set(rule.keys):
                holders.setdefault(key, []).append((changed, rule.id))
    return {rule_id for found in holders.values() for _changed, rule_id in sorted(found)[1:]}


def observe(room_id: uuid.UUID, found: list[Rule], begun: datetime, wrong: Collection[str] = ()) -> None:
    """Under the room's lease: what LiveKit has goes on the row, unless the row is newer than the list.

    All but one rule for each of the room's PINs are deleted, and those in `wrong`; one that LiveKit does not delete
    keeps no other from it. Raises its LiveKitError at the end.
    """
    with leases.held(f"room:{room_id}", wait=1) as mine:
        if not mine:
            return
        room = db.session.get(Room, room_id, populate_existing=True)
        db.session.commit()
        if room is None or (room.rule_changed_at is not None and room.rule_changed_at >= begun):
            return
        kept, old = _kept(room, [rule for rule in found if rule.id not in wrong])
        failures = removals.take_all_away(rule.id for rule in found if rule is not kept and rule is not old)
        if room.sip_dispatch_rule_id not in failures:  # or nothing would tell that a rule somebody changed is ours
            room.sip_dispatch_rule_id = kept.id if kept else None
            room.rule_fingerprint = wanted.fingerprint(kept) if kept else ""
        if room.old_sip_dispatch_rule_id not in failures:
            room.old_sip_dispatch_rule_id = old.id if old else None
            room.old_rule_fingerprint = wanted.fingerprint(old) if old else ""
        db.session.commit()
        for error in failures.values():
            raise error


def unmarked(stored: list[Rule], known: Known) -> list[tuple[uuid.UUID, Rule]]:
    """The rules of rooms of ours that do not say yet whose they are, by what they say of their rooms."""
    of_rooms = owners.rooms(stored, known)
    return [
        (room_id, rule)
        for room_id, found in of_rooms.items()
        for rule in found
        if not owners.bears_our_id(rule, known.identity)
    ]


def mark(room_id: uuid.UUID, rule: Rule, begun: datetime) -> None:
    """Under the room's lease: let the rule say that it is ours, unless the row is newer than the list. Commits."""
    with leases.held(f"room:{room_id}", wait=1) as mine:
        room = db.session.get(Room, room_id, populate_existing=True) if mine else None
        db.session.commit()
        if room is None or (room.rule_changed_at is not None and room.rule_changed_at >= begun):
            return
        if rule.id in (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id):
            placing.mark(rule)


def _kept(room: Room, found: list[Rule]) -> tuple[Rule | None, Rule | None]:
    """Of a room's rules that of its PIN and that of the PIN before: those we know, else by their names the first."""
    strays = [rule for rule in found if rule.id not in (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id)]
    kept = [rule for rule in found if rule.id == room.sip_dispatch_rule_id]
    old = [rule for rule in found if rule.id == room.old_sip_dispatch_rule_id]
    kept += [rule for rule in strays if not wanted.is_old(rule)]
    old += [rule for rule in strays if wanted.is_old(rule)]
    return next(iter(kept), None), next(iter(old), None)


def believed(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Says]:
    """The rules that we know of, of those that are rooms of ours."""
    known: dict[uuid.UUID, Says] = {}
    for piece in pieces(ids):
        found = db.session.execute(sa.select(Room.id, *KNOWN).where(Room.id.in_(piece)))
        for room_id, rule_id, says, old_id, old_says in found:
            known[room_id] = {(one, text) for one, text in ((rule_id, says), (old_id, old_says)) if one}
    return known
