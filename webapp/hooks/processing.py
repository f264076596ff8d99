"""Work stored deliveries off: per room in order, by whoever holds the room's lease; the others leave.

One that fails does not keep the later ones waiting: handlers take events in any order, and the rest is left to
reconciling, which asks LiveKit how things are. The sweep tries it again.
"""

import uuid
from datetime import timedelta

import sqlalchemy as sa
import structlog
from prometheus_client import Histogram
from sqlalchemy.exc import IntegrityError, OperationalError

from webapp.core import background, leases
from webapp.core.app import this_app
from webapp.core.db import db, utcnow
from webapp.deliveries.models import UNHANDLED, UNHANDLED_ROWS, Delivery, Result
from webapp.holds import turns
from webapp.hooks.handlers import HANDLERS, Handler
from webapp.live import reconcile
from webapp.livekit.errors import code_of
from webapp.rooms.models import Room

log = structlog.get_logger()

WAITING = "frontdesk.hooks_waiting"
NEW = (Result.STORED,)
LEFT_AFTER = timedelta(seconds=2)
TRIES = 5
BATCH = 50
LAG = Histogram(
    "frontdesk_hook_lag_seconds",
    "From a hook's arrival to its end of processing",
    buckets=(*Histogram.DEFAULT_BUCKETS[:-1], 30, 60, 120, 300, 600),
)


def begin(room_id: uuid.UUID | None) -> None:
    """Work the room's deliveries off in the background: once for all that came before, so that a burst is a batch."""
    app = this_app()
    waiting: set[uuid.UUID | None] = app.extensions.setdefault(WAITING, set())
    if room_id in waiting:
        return
    waiting.add(room_id)

    def work() -> None:
        turns.let_pass()
        waiting.discard(room_id)  # first: what comes from now on begins anew
        work_off(room_id)

    try:
        background.run(work)
    except RuntimeError:  # the process is ending: the sweep of another does the work
        waiting.discard(room_id)


def work_off(room_id: uuid.UUID | None) -> int:
    """Process what is new for the room (None: the guard's rooms), oldest first; returns how many.

    Whoever finds the lease taken leaves; the holder looks once more after letting go, so nothing that came in between
    is forgotten.
    """
    done = 0
    while _anything_new(room_id):
        with leases.held(f"hooks:{room_id or 'guard'}") as mine:
            if not mine:
                return done
            done += _work_off_held(room_id, NEW)
    return done


def sweep() -> int:
    """Work off what a crash left behind, and try again what failed, room by room; returns how many deliveries."""
    waiting = sa.select(Delivery.room_id).where(Delivery.result.in_(UNHANDLED), Delivery.attempts < TRIES).distinct()
    rooms = db.session.scalars(waiting.limit(1000)).all()
    db.session.commit()
    return sum(_again(room_id) + work_off(room_id) for room_id in rooms)


def catch_up() -> int:
    """Work off what was stored some seconds ago and still is new: whoever was at it died. Returns how many."""
    left = sa.select(Delivery.room_id).where(sa.text(UNHANDLED_ROWS), Delivery.result == Result.STORED)
    left = left.where(Delivery.attempts < TRIES, Delivery.received_at < utcnow() - LEFT_AFTER).distinct()
    with db.reader.connect() as connection:
        rooms = connection.scalars(left.limit(100)).all()
    return sum(work_off(room_id) for room_id in rooms)


def _again(room_id: uuid.UUID | None) -> int:
    """Process the oldest of what is new or failed, each once."""
    with leases.held(f"hooks:{room_id or 'guard'}") as mine:
        return _work_off_held(room_id, UNHANDLED) if mine else 0


def replay(delivery: Delivery) -> None:
    """Make a delivery count as just stored; the caller commits and works its room off."""
    delivery.result, delivery.attempts, delivery.problem = Result.STORED, 0, ""


def purge(keep: timedelta = timedelta(days=30)) -> None:
    """Forget old deliveries. Commits."""
    db.purge(Delivery, Delivery.received_at < utcnow() - keep)


def _open(room_id: uuid.UUID | None, results: tuple[Result, ...]) -> sa.Select[Delivery]:
    """LiveKit's createdAt counts seconds, so inside a second the arrival decides."""
    mine = Delivery.room_id == room_id if room_id else Delivery.room_id.is_(None)
    deliveries = sa.select(Delivery).where(mine, Delivery.result.in_(results), Delivery.attempts < TRIES)
    return deliveries.order_by(Delivery.created_at, Delivery.id)


def _anything_new(room_id: uuid.UUID | None) -> bool:
    newest = db.session.scalar(_open(room_id, NEW).limit(1))
    db.session.commit()
    return newest is not None


def _work_off_held(room_id: uuid.UUID | None, results: tuple[Result, ...]) -> int:
    """Process the batch, then let LiveKit follow the room; returns how many were processed."""
    deliveries = db.session.scalars(_open(room_id, results).limit(BATCH)).all()
    room = db.session.get(Room, room_id, populate_existing=True) if room_id else None
    db.session.commit()
    done = sum(_process(delivery, room) for delivery in deliveries)
    if room is not None and deliveries:
        reconcile.if_marked(room)
    return done


def _process(delivery: Delivery, room: Room | None) -> bool:
    outdated = _outdated(delivery, room)
    problem = ""
    for handler in HANDLERS.get(delivery.event, ()):  # independent steps: one that fails does not stop the next
        problem = _try(handler, delivery, room, outdated) or problem
    delivery.attempts += 1
    delivery.problem = problem
    delivery.processed_at = utcnow()
    delivery.result = Result.FAILED if problem else Result.OUTDATED if outdated else Result.PROCESSED
    db.session.add(delivery)
    if room is not None and not outdated and not problem:
        applied = min(
            delivery.created_at, delivery.processed_at
        )  # a clock that once was ahead must not outdate the rest
        db.session.execute(sa.update(Room).where(Room.id == room.id).values(last_event_at=applied))
        room.last_event_at = applied
    db.session.commit()
    if problem and room is not None:
        reconcile.mark(room)  # what it was about may have changed who is inside
    LAG.observe((delivery.processed_at - delivery.received_at).total_seconds())
    return not problem


def _outdated(delivery: Delivery, room: Room | None) -> bool:
    """Older than what was already applied to the room: recorded; only reconciling, which asks LiveKit, still runs."""
    if room is None or room.last_event_at is None or delivery.event.startswith("egress_"):
        return False
    return delivery.created_at < room.last_event_at


def _try(handler: Handler, delivery: Delivery, room: Room | None, outdated: bool) -> str:
    def handle() -> None:
        handler(delivery.body, room, outdated)
        db.session.commit()

    try:
        try:
            handle()
        except (OperationalError, IntegrityError) as error:
            # somebody else's lock or row was in the way, and is not any more: a call may be waiting
            db.session.rollback()
            log.info("hook.again", **_about(delivery), code=code_of(error))
            handle()
    except Exception as error:  # kept as failed, tried again by the sweep
        db.session.rollback()
        log.warning("hook.failed", **_about(delivery), code=code_of(error))
        return type(error).__name__
    return ""


def _about(delivery: Delivery) -> dict[str, str | int]:
    return {"delivery_event": delivery.event, "delivery": delivery.id, "room": str(delivery.room_id or "")}
