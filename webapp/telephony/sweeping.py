"""The sweep: once a minute LiveKit's own lists against ours; it heals what hooks, crashes and outages left behind."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from webapp import leases
from webapp.db import db, utcnow
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable
from webapp.livekit.rooms import LiveRoom
from webapp.rooms.models import Room
from webapp.rooms.models import Trunk as TrunkRow
from webapp.settings import settings
from webapp.telephony import calls, guards, ours, placing, reconcile, remote_unmute, rules, trunks
from webapp.telephony.matching import Rule, Trunk, parse_rules

log = structlog.get_logger()
WORKERS = 4  # rooms looked at together: enough for thousands a minute, few enough for SQLite
REVIVED_AFTER = timedelta(minutes=5)
TURNS = 10  # of so many sweeps one creates a given room again
Says = set[tuple[str, str]]  # ids of rules and what they say
KNOWN = (Room.sip_dispatch_rule_id, Room.rule_fingerprint, Room.old_sip_dispatch_rule_id, Room.old_rule_fingerprint)
GIVE_UP = 10  # failures after which LiveKit is taken for away: the rest waits for the next sweep


@dataclass
class Swept:
    """What a sweep could not do: the errors, one per thing that failed."""

    failures: list[str] = field(default_factory=list)


def sweep() -> Swept:
    """Ask LiveKit for its rooms, rules and trunks, once each, and reconcile every room that may differ. Commits.

    Raises LiveKitError when a list cannot be had; a failure of one room is recorded, and the others go on.
    """
    begun = utcnow()
    db.session.commit()
    done = Swept()
    live = rooms.list_rooms()
    _clear_guards_rooms(live, done)
    _revive(live, begun, done)
    present = _trunks(done)
    differ = _compare_sip(present, begun, done) if present is not None else set()
    _each(differ | _of_livekit(live) | _of_database(), done)
    if present is not None:
        _forget_guards(present, done)
    _attempt(done, remote_unmute.refresh)
    return done


def _trunks(done: Swept) -> dict[str, Trunk] | None:
    """The trunks that LiveKit has; None when it has no SIP, so that only the rooms can be looked at."""
    try:
        return trunks.see(sip.list_trunks())
    except LiveKitError as error:
        if not error.without_redis:
            raise
        done.failures.append("no_sip")
        return None


def _compare_sip(present: dict[str, Trunk], begun: datetime, done: Swept) -> set[uuid.UUID]:
    stored = parse_rules(sip.list_rules())
    _heal_guards(stored, present, done)
    return _compare(stored, begun, done)


def _revive(live: Iterable[LiveRoom], begun: datetime, done: Swept) -> None:
    """Let rooms end that a crash of LiveKit left behind: it lists them, and who was inside, for ever.

    Nothing that only reads tells such a room from one that lives, but both may be created again: the one then ends
    by itself when nobody is there, and of the other nothing changes.
    """
    turn = int(begun.timestamp() // settings.sweep_seconds) % TURNS
    old = {rules.as_room_id(room.name): room.name for room in live if room.created_at < begun - REVIVED_AFTER}
    for room_id in _believed(room_id for room_id in old if room_id and room_id.int % TURNS == turn):
        _attempt(done, rooms.create_room, old[room_id])


def _of_livekit(live: Iterable[LiveRoom]) -> set[uuid.UUID]:
    """Our rooms that LiveKit lists: whether the right ones are inside, only a look can tell."""
    return set(_believed({room_id for room in live if (room_id := rules.as_room_id(room.name))}))


def _believed(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Says]:
    """The rules that we know of, of those that are rooms of ours."""
    known: dict[uuid.UUID, Says] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):  # SQLite takes a limited number of values in one statement
        found = db.session.execute(sa.select(Room.id, *KNOWN).where(Room.id.in_(wanted[start : start + 500])))
        for room_id, rule_id, says, old_id, old_says in found:
            known[room_id] = {(one, text) for one, text in ((rule_id, says), (old_id, old_says)) if one}
    db.session.commit()
    return known


def _of_database() -> set[uuid.UUID]:
    """Rooms that we take for live, that have a rule, or that wait to be reconciled."""
    due = sa.and_(Room.reconcile_at.is_not(None), Room.reconcile_at <= utcnow())
    suspect = sa.or_(Room.live_since.is_not(None), due, Room.old_pin_until <= utcnow())
    found = set(db.session.scalars(sa.select(Room.id).where(suspect)))
    db.session.commit()
    return found


def _compare(stored: list[Rule], begun: datetime, done: Swept) -> set[uuid.UUID]:
    """Write down which rule LiveKit really has for each room, delete doubles; the rooms that differ."""
    of_rooms: dict[uuid.UUID, list[Rule]] = {}
    room_of = ours.rooms(stored)
    for rule in stored:
        if rule.id in room_of:
            of_rooms.setdefault(room_of[rule.id], []).append(rule)
    believed = _believed(of_rooms)
    says = {room_id: {(rule.id, rules.fingerprint(rule)) for rule in found} for room_id, found in of_rooms.items()}
    differ = {room_id for room_id in says if says[room_id] != believed.get(room_id)}  # doubles and strays no row knows
    with_rule = sa.or_(Room.sip_dispatch_rule_id.is_not(None), Room.old_sip_dispatch_rule_id.is_not(None))
    differ |= set(db.session.scalars(sa.select(Room.id).where(with_rule))) - set(of_rooms)
    db.session.commit()
    for room_id in differ:
        _attempt(done, observe, room_id, of_rooms.get(room_id, []), begun)
    return differ


def observe(room_id: uuid.UUID, found: list[Rule], begun: datetime) -> None:
    """Under the room's lease: what LiveKit has goes on the row, unless the row is newer than the list."""
    with leases.held(f"room:{room_id}", seconds=reconcile.LEASE_SECONDS, wait=1) as mine:
        if not mine:
            return
        room = db.session.get(Room, room_id, populate_existing=True)
        db.session.commit()
        if room is None or (room.rule_changed_at is not None and room.rule_changed_at >= begun):
            return
        kept, old = _kept(room, found)
        for rule in found:
            if rule is not kept and rule is not old:
                placing.take_away(rule.id)
        room.sip_dispatch_rule_id = kept.id if kept else None
        room.rule_fingerprint = rules.fingerprint(kept) if kept else ""
        room.old_sip_dispatch_rule_id = old.id if old else None
        room.old_rule_fingerprint = rules.fingerprint(old) if old else ""
        db.session.commit()


def _kept(room: Room, found: list[Rule]) -> tuple[Rule | None, Rule | None]:
    """Of a room's rules that of its PIN and that of the PIN before: those we know, else by their names the first."""
    strays = [rule for rule in found if rule.id not in (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id)]
    kept = [rule for rule in found if rule.id == room.sip_dispatch_rule_id]
    old = [rule for rule in found if rule.id == room.old_sip_dispatch_rule_id]
    kept += [rule for rule in strays if not rules.is_old(rule)]
    old += [rule for rule in strays if rules.is_old(rule)]
    return next(iter(kept), None), next(iter(old), None)


def _heal_guards(stored: list[Rule], present: dict[str, Trunk], done: Swept) -> None:
    """Every trunk with a hiding rule of ours has its guard as it should be.

    A row that believes in a guard which LiveKit does not list is put right too: the next hiding rule relies on it.
    """
    found: dict[str, list[Rule]] = {}
    trunk_of, room_of = ours.guards(stored), ours.rooms(stored)
    for rule in stored:
        if rule.id in trunk_of:
            found.setdefault(trunk_of[rule.id], []).append(rule)
    hiding = {trunk for rule in stored if rule.id in room_of and rule.hides_caller for trunk in rule.trunk_ids}

    def at_home(trunk_id: str) -> bool:
        return all(list(rule.trunk_ids) == [trunk_id] for rule in found.get(trunk_id, []))

    # first those that stand in the way of another trunk's
    for trunk_id in sorted(set(found) | hiding | _believed_guarded(), key=lambda each: (at_home(each), each)):
        numbers = rules.guard_numbers(present[trunk_id]) if trunk_id in present else ()
        heal = partial(guards.heal, numbers=numbers, hiding=trunk_id in hiding)
        _attempt(done, heal, trunk_id, found.get(trunk_id, []))


def _believed_guarded() -> set[str]:
    guarded = set(db.session.scalars(sa.select(TrunkRow.sip_trunk_id).where(TrunkRow.guard_rule_id.is_not(None))))
    db.session.commit()
    return guarded


def _forget_guards(present: dict[str, Trunk], done: Swept) -> None:
    """Guards of trunks that are gone go with the last rule of ours there."""
    for trunk_id in _believed_guarded() - set(present):
        _attempt(done, guards.forget, trunk_id)


def _clear_guards_rooms(live: Iterable[LiveRoom], done: Swept) -> None:
    """Remove callers without a number whose hook was lost."""
    for room in live:
        if room.name.startswith(rules.GUARD_PREFIX):
            _attempt(done, _clear_guards_room, room.name)


def _clear_guards_room(name: str) -> None:
    phones = [phone for phone in rooms.list_participants(name) if phone.is_phone and phone.call_id]
    for phone in phones:
        calls.refuse_without_number(phone.call_id, phone.attributes.get("sip.trunkID", ""))
        db.session.commit()
    try:
        for phone in phones:
            rooms.remove_participant(name, phone.identity)
    except LiveKitUnavailable:  # a crash of LiveKit left the room behind, where nobody can be removed
        rooms.delete_room(name)


def _each(room_ids: set[uuid.UUID], done: Swept) -> None:
    """Reconcile the rooms, a few at a time, each in a context of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    before = len(done.failures)

    def look(room_id: uuid.UUID) -> None:
        if len(done.failures) - before >= GIVE_UP:
            return
        with app.app_context():
            _attempt(done, _look, room_id, done)

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="sweep") as pool:
        list(pool.map(look, sorted(room_ids)))


def _look(room_id: uuid.UUID, done: Swept) -> None:
    room = db.session.get(Room, room_id)
    db.session.commit()
    if room is None:
        return
    reconcile.forget_old_pin(room)
    reconcile.now(room)
    if room.rule_problem.startswith("unavailable"):
        done.failures.append("unavailable")


def _attempt(done: Swept, work: Callable[..., object], *arguments: object) -> None:
    try:
        work(*arguments)
    except Exception as error:  # one thing that fails does not keep the sweep from the next
        db.session.rollback()
        done.failures.append(error.code if isinstance(error, LiveKitError) else type(error).__name__)
        log.warning("sweep.failed", reason=done.failures[-1])
