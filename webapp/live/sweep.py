"""The sweep: once a minute LiveKit's own lists against ours; it heals what hooks, crashes and outages left behind."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice

import sqlalchemy as sa
import structlog

from webapp.audit import intents
from webapp.calls import book
from webapp.core.app import this_app
from webapp.core.db import db, utcnow
from webapp.core.due import IncompleteError
from webapp.core.settings import settings
from webapp.holds import unmute
from webapp.live import outcomes, reconcile
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable, code_of
from webapp.livekit.rooms import LiveRoom
from webapp.matching import Rule, Trunk, parse_rules
from webapp.rooms import trunk_rows
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import guard, installation, observed, owners, wanted
from webapp.rules.owners import GuardOf, Known
from webapp.rules.problems import Problem

log = structlog.get_logger()
SWEEP_JOB = "rules"  # its name among the jobs of the clock
WORKERS = 4  # rooms looked at together: enough for thousands a minute, few enough for SQLite
REVIVED_AFTER = timedelta(minutes=5)
TURNS = 10  # of so many sweeps one creates a given room again
NO_SIP = "no_sip"  # said of a LiveKit without Redis: it has no rules at all, so that nothing is left undone
MARKED = 200  # rules that one sweep lets say whose they are: after an upgrade there may be thousands
GIVE_UP = 10  # failures after which LiveKit is taken for away: the rest waits for the next sweep


@dataclass
class Swept:
    """What a sweep could not do: the errors, one per thing that failed; the rooms whose rule another one keeps out."""

    failures: list[str] = field(default_factory=list)
    kept_out: set[uuid.UUID] = field(default_factory=set)
    marks_left: int = MARKED


def run() -> None:
    """The sweep as the job of the clock. Commits. Raises LiveKitError, and IncompleteError at its end."""
    if any(failure != NO_SIP for failure in sweep().failures):
        raise IncompleteError


def sweep() -> Swept:
    """Ask LiveKit for its rooms, rules and trunks, and reconcile every room that may differ. Commits.

    It asks for each list once, and for the rules again where one that was not as we left it kept others out. Raises
    LiveKitError when a list cannot be had; a failure of one room is recorded, and the others go on.
    """
    begun = utcnow()
    db.session.commit()
    done = Swept()
    live = rooms.list_rooms()
    _confirm(done)
    _clear_guards_rooms(live, done)
    _revive(live, begun, done)
    present = _trunks(done)
    suspect = _of_livekit(live) | _of_database()
    db.session.commit()
    if present is None:
        _each(suspect, done)
    else:
        _put_right(suspect, present, done)
        _forget_guards(present, done)
    _attempt(done, unmute.refresh, deed="ask_remote_unmute")
    return done


def _confirm(done: Swept) -> None:
    """Find out what became of the deeds whose outcome nobody recorded."""
    entries = intents.waiting()
    db.session.commit()
    for entry in entries:
        _attempt(done, partial(outcomes.resolve, entry), entry=str(entry.id))


def _trunks(done: Swept) -> dict[str, Trunk] | None:
    """The trunks that LiveKit has; None when it has no SIP, so that only the rooms can be looked at."""
    try:
        return trunk_rows.see(sip.list_trunks())
    except LiveKitError as error:
        if not error.without_redis:
            raise
        done.failures.append(NO_SIP)
        return None


def _put_right(suspect: set[uuid.UUID], present: dict[str, Trunk], done: Swept) -> None:
    """Look at every rule and guard that is not as we left it, and at the rooms.

    If there was one, it may have kept others out that were looked at before it: those are looked at once more.
    """
    if _round(suspect, present, done) and (done.kept_out or _guard_kept_out()):
        _round(done.kept_out, present, done)


def _round(suspect: set[uuid.UUID], present: dict[str, Trunk], done: Swept) -> bool:
    """Ask for the rules, and put right what is not as we left it; returns whether anything was not."""
    asked_at = utcnow()
    stored = parse_rules(sip.list_rules())
    installation.own_id()  # only now: an address at which nobody answers is none of ours
    known = owners.known(stored)
    differ = observed.compare(stored, known)
    db.session.commit()
    for room_id, found in differ.of_rooms.items():
        observe = partial(observed.observe, room_id, found, asked_at, differ.wrong)
        _attempt(done, observe, room=str(room_id), rules=[rule.id for rule in found])
    changed = _heal_guards(stored, known, present, done)
    _mark(stored, known, asked_at, done)
    _each(suspect | set(differ.of_rooms), done)
    return changed or bool(differ.of_rooms)


def _mark(stored: list[Rule], known: Known, asked_at: datetime, done: Swept) -> None:
    """Let rules of ours say so that do not yet, a part of them: those from before an upgrade live on meanwhile."""
    before = len(done.failures)
    for room_id, rule in islice(observed.unmarked(stored, known), done.marks_left):
        if len(done.failures) - before >= GIVE_UP:
            return
        done.marks_left -= 1
        _attempt(done, partial(observed.mark, room_id, rule, asked_at), room=str(room_id), rule=rule.id)


def _guard_kept_out() -> bool:
    """Some trunk has no guard, or a narrow one, because of another rule."""
    found = db.session.scalar(sa.select(sa.exists().where(TrunkRow.guard_problem != "")))
    db.session.commit()
    return bool(found)


def _revive(live: Iterable[LiveRoom], begun: datetime, done: Swept) -> None:
    """Let rooms end that a crash of LiveKit left behind: it lists them, and who was inside, for ever.

    Nothing that only reads tells such a room from one that lives, but both may be created again: the one then ends
    by itself when nobody is there, and of the other nothing changes.
    """
    turn = int(begun.timestamp() // settings.sweep_seconds) % TURNS
    old = {wanted.as_room_id(room.name): room.name for room in live if room.created_at < begun - REVIVED_AFTER}
    ours = observed.believed(room_id for room_id in old if room_id and room_id.int % TURNS == turn)
    db.session.commit()
    for room_id in ours:
        _attempt(done, partial(rooms.create_room, old[room_id]), room=str(room_id))


def _of_livekit(live: Iterable[LiveRoom]) -> set[uuid.UUID]:
    """Our rooms that LiveKit lists: whether the right ones are inside, only a look can tell."""
    return set(observed.believed({room_id for room in live if (room_id := wanted.as_room_id(room.name))}))


def _of_database() -> set[uuid.UUID]:
    """Rooms that we take for live, that wait to be reconciled, or whose old PIN's time is over."""
    due = sa.and_(Room.reconcile_at.is_not(None), Room.reconcile_at <= utcnow())
    suspect = sa.or_(Room.live_since.is_not(None), due, Room.old_pin_until <= utcnow())
    return set(db.session.scalars(sa.select(Room.id).where(suspect)))


def _heal_guards(stored: list[Rule], known: Known, present: dict[str, Trunk], done: Swept) -> bool:
    """Every trunk with a hiding rule of ours has its guard as it should be; returns whether one was not as we left it.

    A row that believes in a guard which LiveKit does not list is put right too: the next hiding rule relies on it.
    """
    found = owners.guards(stored, known)
    believed = {owner.trunk_id for owner in known.recorded.values() if isinstance(owner, GuardOf)}
    of_rooms = chain.from_iterable(owners.rooms(stored, known).values())
    hiding = {trunk_id for rule in of_rooms if rule.hides_caller for trunk_id in rule.trunk_ids}

    def at_home(trunk_id: str) -> bool:
        return all(list(rule.trunk_ids) == [trunk_id] for rule in found.get(trunk_id, []))

    spoilt = {each for each in set(found) | believed if not guard.is_whole(each, found.get(each, []))}
    # first those that stand in the way of another trunk's
    for trunk_id in sorted(set(found) | hiding | believed, key=lambda each: (at_home(each), each)):
        numbers = wanted.guard_numbers(present[trunk_id]) if trunk_id in present else ()
        rules = found.get(trunk_id, [])
        heal = partial(guard.heal, trunk_id, rules, numbers=numbers, hiding=trunk_id in hiding)
        _attempt(done, heal, trunk=trunk_id, rules=[rule.id for rule in rules])
    return bool(spoilt)


def _forget_guards(present: dict[str, Trunk], done: Swept) -> None:
    """Guards of trunks that are gone go with the last rule of ours there."""
    guarded = set(db.session.scalars(sa.select(TrunkRow.sip_trunk_id).where(TrunkRow.guard_rule_id.is_not(None))))
    db.session.commit()
    for trunk_id in guarded - set(present):
        _attempt(done, partial(guard.forget, trunk_id), trunk=trunk_id)


def _clear_guards_rooms(live: Iterable[LiveRoom], done: Swept) -> None:
    """Remove callers without a number whose hook was lost."""
    for room in live:
        if wanted.is_guard_room(room.name):
            _attempt(done, partial(_clear_guards_room, room.name), deed="clear_guards_room")  # its name tells a caller


def _clear_guards_room(name: str) -> None:
    phones = [phone for phone in rooms.list_participants(name) if phone.is_phone and phone.call_id]
    for phone in phones:
        book.refuse_without_number(phone.call_id, phone.attributes.get("sip.trunkID", ""))
        db.session.commit()
    try:
        for phone in phones:
            rooms.remove_participant(name, phone.identity)
    except LiveKitUnavailable:  # a crash of LiveKit left the room behind, where nobody can be removed
        rooms.delete_room(name)


def _each(room_ids: set[uuid.UUID], done: Swept) -> None:
    """Reconcile the rooms, a few at a time, each in a context of its own."""
    app = this_app()
    before = len(done.failures)

    def look(room_id: uuid.UUID) -> None:
        if len(done.failures) - before >= GIVE_UP:
            return
        with app.app_context():
            _attempt(done, partial(_look, room_id, done), room=str(room_id))

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="sweep") as pool:
        list(pool.map(look, sorted(room_ids)))


def _look(room_id: uuid.UUID, done: Swept) -> None:
    room = db.session.get(Room, room_id)
    db.session.commit()
    if room is None:
        return
    reconcile.forget_old_pin(room)
    reconcile.now(room)
    problem = Problem.parse(room.rule_problem)
    if problem.is_unavailable:
        done.failures.append(problem.code)  # reconciling has logged it, with the room
    if problem.is_kept_out:
        done.kept_out.add(room_id)
    else:
        done.kept_out.discard(room_id)


def _attempt(done: Swept, work: Callable[[], object], **about: str | list[str]) -> None:
    """Do it; a failure is recorded, and logged with the ids of what it is about."""
    try:
        work()
    except Exception as error:  # one thing that fails does not keep the sweep from the next
        db.session.rollback()
        done.failures.append(code_of(error))
        log.warning("sweep.failed", code=done.failures[-1], **about)
