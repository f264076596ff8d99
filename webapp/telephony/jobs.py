"""The sweep: once a minute LiveKit's own lists against ours; it heals what hooks, crashes and outages left behind."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
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
from webapp.telephony import callers, calls, guards, placing, reconcile, remote_unmute, rules, trunks
from webapp.telephony.matching import Rule, Trunk, parse_rules

log = structlog.get_logger()
WORKERS = 4  # rooms looked at together: enough for thousands a minute, few enough for SQLite
GIVE_UP = 10  # failures after which LiveKit is taken for away: the rest waits for the next sweep


@dataclass
class Swept:
    """What a sweep did: how many rooms it looked at, and what failed, by error."""

    looked_at: int = 0
    deleted: int = 0
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
    differ = _compare_sip(begun, done)
    _each(differ | _of_livekit(live) | _of_database(), done)
    _attempt(done, remote_unmute.refresh)
    return done


def follow(room_id: str) -> None:
    """Make LiveKit follow a room where that has just failed. Commits.

    Raises LiveKitUnavailable to be tried again while it fails.
    """
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is None:
        return
    reconcile.now(room)
    if room.reconcile_at is not None:
        raise LiveKitUnavailable("not_yet")


def rotate_caller_keys() -> None:
    """Give callers new pseudonyms when their key is old, and destroy the one before. Commits."""
    callers.rotate(utcnow())
    db.session.commit()


def _compare_sip(begun: datetime, done: Swept) -> set[uuid.UUID]:
    """Compare trunks and rules; without SIP only the rooms can be looked at."""
    try:
        present = trunks.see(sip.list_trunks())
        stored = parse_rules(sip.list_rules())
    except LiveKitError as error:
        if not error.without_redis:
            raise
        done.failures.append("no_sip")
        return set()
    _heal_guards(stored, present, done)
    return _compare(stored, begun, done)


def _of_livekit(live: Iterable[LiveRoom]) -> set[uuid.UUID]:
    """Our rooms that LiveKit lists: whether the right ones are inside, only a look can tell."""
    return set(_believed({room_id for room in live if (room_id := rules.as_room_id(room.name))}))


def _believed(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str | None, str]]:
    """The rule id and what it says, as we know them, of those that are rooms of ours."""
    known: dict[uuid.UUID, tuple[str | None, str]] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):  # SQLite takes a limited number of values in one statement
        some = Room.id.in_(wanted[start : start + 500])
        found = db.session.execute(sa.select(Room.id, Room.sip_dispatch_rule_id, Room.rule_fingerprint).where(some))
        known |= {room_id: (rule_id, says) for room_id, rule_id, says in found}
    db.session.commit()
    return known


def _of_database() -> set[uuid.UUID]:
    """Rooms that we take for live, that have a rule, or that wait to be reconciled."""
    due = sa.and_(Room.reconcile_at.is_not(None), Room.reconcile_at <= utcnow())
    suspect = sa.or_(Room.live_since.is_not(None), due)
    found = set(db.session.scalars(sa.select(Room.id).where(suspect)))
    db.session.commit()
    return found


def _compare(stored: list[Rule], begun: datetime, done: Swept) -> set[uuid.UUID]:
    """Write down which rule LiveKit really has for each room, delete doubles and strays; the rooms that differ."""
    ours: dict[uuid.UUID, list[Rule]] = {}
    for rule in stored:
        if room_id := rules.room_id_of(rule):
            ours.setdefault(room_id, []).append(rule)
    believed = _believed(ours)
    differ = {room_id for room_id, found in ours.items() if _says(found) != believed.get(room_id)}
    with_rule = db.session.scalars(sa.select(Room.id).where(Room.sip_dispatch_rule_id.is_not(None))).all()
    differ |= set(with_rule) - set(ours)
    db.session.commit()
    for room_id in differ:
        _attempt(done, _observe, room_id, ours.get(room_id, []), begun, done)
    return differ


def _says(found: list[Rule]) -> tuple[str, str] | None:
    """What LiveKit has for a room; None, which no row equals, for doubles."""
    return (found[0].id, rules.fingerprint(found[0])) if len(found) == 1 else None


def _observe(room_id: uuid.UUID, found: list[Rule], begun: datetime, done: Swept) -> None:
    """Under the room's lease: what LiveKit has goes on the row, unless the row is newer than the list."""
    with leases.held(f"room:{room_id}", seconds=reconcile.LEASE_SECONDS, wait=1) as mine:
        if not mine:
            return
        room = db.session.get(Room, room_id, populate_existing=True)
        db.session.commit()
        if room is not None and room.rule_changed_at is not None and room.rule_changed_at >= begun:
            return
        kept = _kept(room, found)
        for rule in found:
            if rule is not kept:
                placing.take_away(rule.id)
                done.deleted += 1
        if room is not None:
            room.sip_dispatch_rule_id = kept.id if kept else None
            room.rule_fingerprint = rules.fingerprint(kept) if kept else ""
            db.session.commit()


def _kept(room: Room | None, found: list[Rule]) -> Rule | None:
    """Of several rules the one we know, else the first; none for a room that is gone."""
    if room is None or not found:
        return None
    return next((rule for rule in found if rule.id == room.sip_dispatch_rule_id), found[0])


def _heal_guards(stored: list[Rule], present: dict[str, Trunk], done: Swept) -> None:
    """Every trunk with a hiding rule of ours has its guard as it should be; guards of trunks that are gone go.

    A row that believes in a guard which LiveKit does not list is put right too: the next hiding rule relies on it.
    """
    found: dict[str, list[Rule]] = {}
    for rule in stored:
        if trunk_id := rules.guarded_trunk(rule):
            found.setdefault(trunk_id, []).append(rule)
    hiding = {trunk for rule in stored if rules.room_id_of(rule) and rule.hides_caller for trunk in rule.trunk_ids}
    for trunk_id in set(found) | hiding | _believed_guarded():
        heal = partial(guards.heal, trunk=present.get(trunk_id), hiding=trunk_id in hiding)
        _attempt(done, heal, trunk_id, found.get(trunk_id, []))


def _believed_guarded() -> set[str]:
    guarded = set(db.session.scalars(sa.select(TrunkRow.sip_trunk_id).where(TrunkRow.guard_rule_id.is_not(None))))
    db.session.commit()
    return guarded


def _clear_guards_rooms(live: Iterable[LiveRoom], done: Swept) -> None:
    """Remove callers without a number whose hook was lost."""
    for room in live:
        if room.name.startswith(rules.GUARD_PREFIX):
            _attempt(done, _clear_guards_room, room.name)


def _clear_guards_room(name: str) -> None:
    for phone in rooms.list_participants(name):
        rooms.remove_participant(name, phone.identity)
        if phone.call_id:
            calls.refuse_without_number(phone.call_id, phone.attributes.get("sip.trunkID", ""))
            db.session.commit()


def _each(room_ids: set[uuid.UUID], done: Swept) -> None:
    """Reconcile the rooms, a few at a time, each in a context of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def look(room_id: uuid.UUID) -> None:
        if len(done.failures) >= GIVE_UP:
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
    reconcile.now(room)
    done.looked_at += 1
    if room.rule_problem.startswith("unavailable"):
        done.failures.append("unavailable")


def _attempt(done: Swept, work: Callable[..., object], *arguments: object) -> None:
    try:
        work(*arguments)
    except Exception as error:  # one thing that fails does not keep the sweep from the next
        db.session.rollback()
        done.failures.append(error.code if isinstance(error, LiveKitError) else type(error).__name__)
        log.warning("sweep.failed", reason=done.failures[-1])
