"""Make LiveKit agree with a room: one rule while its phone is on, it has a PIN and somebody is there by web; else none.

Idempotent, and called by everything: hooks, changes of the room, the sweep, the support page. Works under the room's
lease; whoever finds it taken leaves a mark (`reconcile_at`) that the holder sees.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from webapp.calls import book
from webapp.core import leases
from webapp.core.db import db, utcnow
from webapp.holds import hold, names, queue
from webapp.livekit import rooms
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import Participant
from webapp.matching import Rule
from webapp.rooms import trunk_rows
from webapp.rooms.models import Room
from webapp.rules import placing, problems, removals, wanted
from webapp.rules.placing import Pending, Placed
from webapp.rules.problems import Problem
from webapp.rules.wanted import Json

log = structlog.get_logger()
PROBLEMS = Counter("frontdesk_reconcile_problems_total", "Rooms that LiveKit did not follow, by reason", ["reason"])
RETRY = timedelta(seconds=5)
PASSES = 5
UNLISTED = "unlisted"  # who is inside is not to be had; it is asked again
COLUMNS = list(Room.__table__.columns.keys())  # relationships stay as the caller loaded them


def now(room: Room) -> bool:
    """Make LiveKit follow the room's row; what it did not take stays visible on the row and is swept. Commits.

    Nothing of the caller's may be pending: commit first. False when somebody else works on the room, who looks then.
    """
    mark(room)
    return _follow(room)


def if_marked(room: Room) -> None:
    """The same, when something has marked the room since the last time: one look for many events. Commits."""
    if _due(room):
        _follow(room)


def _follow(room: Room) -> bool:
    for passed in range(PASSES):
        if not _looked(room):  # the holder looks again after its release, or the sweep does
            _reread(room)
            return passed > 0
        if not _due(room):
            break
    return True


def _looked(room: Room) -> bool:
    """Look under the room's lease; False when somebody else has it, or got it because we were too slow."""
    try:
        with leases.held(f"room:{room.id}") as mine:
            if mine:
                _look(room)
    except leases.Lost:  # the mark stays: what we did without knowing of the other is looked at again
        log.warning("reconcile.overtaken", room=str(room.id))
        return False
    return mine


def mark(room: Room) -> None:
    """Record that LiveKit may not agree with the room. Commits."""
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(reconcile_at=utcnow()))
    db.session.commit()


def _reread(room: Room) -> None:
    db.session.refresh(room, COLUMNS)
    db.session.commit()


def _due(room: Room) -> bool:
    """Somebody left a mark while we worked."""
    db.session.refresh(room, ["reconcile_at"])
    db.session.commit()
    return room.reconcile_at is not None and room.reconcile_at <= utcnow()


def _look(room: Room) -> None:
    _reread(room)
    seen = room.reconcile_at
    problem, unheld = problems.NONE, []  # what of the callers is to be tried again
    try:
        looked_at, inside = utcnow(), rooms.list_participants(str(room.id))
        if _are_unlisted(room, inside, looked_at):
            unheld = [UNLISTED]
        else:
            _count(room, inside)
            db.session.commit()
            unheld = hold.follow(room.id, inside, looked_at)
            unheld += names.follow(room.id, inside) if room.hide_phone_number else []
        problem = _agree(room)
    except Pending as pending:
        problem = pending.problem
    except LiveKitError as error:
        problem = problems.failed(error)
    db.session.rollback()
    _settle(room, problem, seen, again=bool(unheld))


def _are_unlisted(room: Room, inside: list[Participant], looked_at: datetime) -> bool:
    """Callers wait who are in no list, but their room goes on: LiveKit lost what it knew of them, not their calls."""
    missing = queue.missing(room.id, [one.call_id for one in inside], looked_at)
    db.session.commit()
    return bool(missing) and rooms.runs_unlisted(str(room.id))


def _agree(room: Room) -> Problem:
    """Bring LiveKit's rules to what the room wants; returns what kept the old PIN's, or what a person must see to."""
    behind = _agree_on_old(room)
    wish = wanted.desired(room, room.web_count)
    if wish is None:
        _give_way(room, room.sip_dispatch_rule_id, _remember)
        if behind or room.trunk_id or not (room.live and room.phone_enabled):
            return behind
        return problems.NO_TRUNK
    if room.sip_dispatch_rule_id is None or room.rule_fingerprint != wanted.fingerprint(Rule.parse(wish)):
        try:
            _remember(room, placing.place(wish, room.sip_dispatch_rule_id))
        except placing.Waits:
            _give_way(room, room.sip_dispatch_rule_id, _remember)
            raise
    if behind:
        return behind
    gone = trunk_rows.gone(room.trunk_id)
    db.session.commit()
    return problems.TRUNK_GONE if gone else problems.NONE


def _agree_on_old(room: Room) -> Problem:
    """The PIN before works on under a name of its own, or goes; returns why it cannot.

    It comes first, because its rule may bear the name of the new PIN's; the new PIN does not wait for it, though.
    """
    wish, known = wanted.desired_old(room, room.web_count), room.old_sip_dispatch_rule_id
    try:
        if wish is None:
            _give_way(room, known, _remember_old)
        elif known is None or room.old_rule_fingerprint != wanted.fingerprint(Rule.parse(wish)):
            _place_old(room, wish)
    except Pending as pending:
        return pending.problem
    except LiveKitError as error:
        return problems.failed(error)
    return problems.NONE


def _place_old(room: Room, wish: Json) -> None:
    try:
        _remember_old(room, placing.place(wish, room.old_sip_dispatch_rule_id))
    except placing.Waits:
        _give_way(room, room.old_sip_dispatch_rule_id, _remember_old)
        raise


def _give_way(room: Room, rule_id: str | None, remember: Callable[[Room, None], None]) -> None:
    """Take the rule away that we have: no longer wanted, or another room waits for it in turn for what that one has."""
    if rule_id is not None:
        removals.take_own_away(rule_id)
        remember(room, None)


def _remember(room: Room, placed: Placed | None) -> None:
    room.sip_dispatch_rule_id = placed.rule_id if placed else None
    room.rule_fingerprint = placed.fingerprint if placed else ""
    room.rule_changed_at = utcnow()
    if placed and placed.rule_id == room.old_sip_dispatch_rule_id:  # it was taken from the PIN before
        room.old_sip_dispatch_rule_id, room.old_rule_fingerprint = None, ""
    db.session.commit()


def _remember_old(room: Room, placed: Placed | None) -> None:
    room.old_sip_dispatch_rule_id = placed.rule_id if placed else None
    room.old_rule_fingerprint = placed.fingerprint if placed else ""
    room.rule_changed_at = utcnow()
    if placed and placed.rule_id == room.sip_dispatch_rule_id:  # it was taken from the new PIN, which gets another
        room.sip_dispatch_rule_id, room.rule_fingerprint = None, ""
    db.session.commit()


def _count(room: Room, inside: list[Participant]) -> None:
    """Write down who is there; rooms come alive with the first and die with the last person."""
    phones = [one for one in inside if one.is_phone]
    room.web_count = sum(one.is_web for one in inside)
    room.phone_count = len(phones)
    if not (room.web_count or phones):
        room.live_since, room.live_sid = None, ""
    elif room.live_since is None:
        room.live_since = min(one.joined_at for one in inside if one.is_web or one.is_phone)
        room.last_used_at = utcnow()
    book.observe(room.id, phones)


def _settle(room: Room, problem: Problem, seen: datetime | None, again: bool) -> None:
    """Take our mark away, or put it off where LiveKit has not followed; a newer mark stays."""
    if problem:
        PROBLEMS.labels(problem.code).inc()
        log.warning("reconcile.pending", room=str(room.id), reason=problem.code)
    at = utcnow() + RETRY if again or (problem and not problem.is_lasting) else None
    mine = sa.update(Room).where(Room.id == room.id, Room.reconcile_at == seen)
    db.session.execute(mine.values(reconcile_at=at), execution_options={"synchronize_session": False})
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(rule_problem=str(problem)))
    db.session.commit()
    _reread(room)


def forget_old_pin(room: Room) -> None:
    """Let go of the PIN before, once its time is over; a rotation that came meanwhile keeps its own. Commits."""
    if room.old_pin_until is None:  # nearly always: the sweep asks of every live room, and writers wait for one another
        return
    over = sa.update(Room).where(Room.id == room.id, Room.old_pin_until <= utcnow())
    db.session.execute(over.values(old_pin=None, old_pin_until=None))
    db.session.commit()
