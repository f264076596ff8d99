"""Move rooms to other trunks: a preview, then a run that survives crashes and goes on after a room that fails.

Each room moves in a transaction of its own together with the run's counters, so a run that was cut off goes on where
it was; LiveKit follows each live room after its commit.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.audit import Actor
from webapp.audit.models import ActorKind
from webapp.core import due, leases, paging
from webapp.core.db import db, utcnow
from webapp.live import reconcile
from webapp.rooms import assignment, pins, service, trunk_list
from webapp.rooms.models import TAKES_ROOMS, PhonePin, Room, TrunkRow
from webapp.trunks.models import Moved, MovedRoom, MoveState, TrunkMove
from webapp.trunks.spread import EVEN, EVERY, quotas

log = structlog.get_logger()
BATCH = 200  # rooms whose keys are read at a time
PIECE = 60  # seconds after which the rest is left to another piece of due work: a claim lasts longer
KEPT = timedelta(days=90)
MOVABLE = sa.and_(Room.deleted_at.is_(None), sa.or_(Room.trunk_id != "", Room.pin.is_not(None)))


class NowhereError(Exception):
    """No trunk is there to which the room could go."""


class MoveRunning(Exception):
    """Another worker is at it, or another move runs."""


@dataclass(frozen=True)
class MovePlan:
    """What a move would do: how many rooms each trunk gives away, and what that means for them."""

    source: str
    target: str
    quota: dict[str, int]
    targets: tuple[str, ...]
    keep: int  # rooms whose PIN is free wherever they may go
    live: int

    @property
    def total(self) -> int:
        """Rooms that move."""
        return sum(self.quota.values())

    @property
    def spreads(self) -> bool:
        """Whichever open trunk has fewest takes the next room."""
        return self.target == EVEN

    @property
    def exact(self) -> bool:
        """It is known where each room goes, so that the count of kept PINs is no mere minimum."""
        return len(self.targets) == 1 and len(self.quota) == 1


def counts() -> dict[str, int]:
    """How many rooms each trunk has that could be moved, counted; the rows' own counts may have drifted."""
    counted = sa.select(Room.trunk_id, sa.func.count()).where(MOVABLE).group_by(Room.trunk_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def plan(source: str, target: str) -> MovePlan:
    """What the move would do now."""
    rooms = counts()
    opened = list(db.session.scalars(sa.select(TrunkRow.sip_trunk_id).where(TAKES_ROOMS)))
    sources = list(rooms) if source == EVERY else [source]
    quota = quotas(rooms, sources, target, opened)
    found = [_look(trunk, count, [target] if target != EVEN else opened) for trunk, count in quota.items()]
    targets = tuple(opened) if target == EVEN else (target,)
    return MovePlan(
        source, target, quota, targets, sum(keep for keep, _live in found), sum(live for _keep, live in found)
    )


def _look(source: str, count: int, targets: Sequence[str]) -> tuple[int, int]:
    """Of the rooms that would go: how many keep their PIN wherever they go, and how many are live."""
    going = sa.select(Room.pin, Room.live_since).where(Room.trunk_id == source, MOVABLE)
    first = going.order_by(Room.id).limit(count).subquery()
    others = [trunk for trunk in targets if trunk != source]
    taken = sa.exists().where(PhonePin.trunk_id.in_(others), PhonePin.pin == first.c.pin)
    keeps = sa.case((sa.and_(first.c.pin.is_not(None), ~taken), 1), else_=0)
    lives = sa.case((first.c.live_since.is_not(None), 1), else_=0)
    row = db.session.execute(sa.select(sa.func.sum(keeps), sa.func.sum(lives)).select_from(first)).one()
    return int(row[0] or 0), int(row[1] or 0)


def move_rooms(planned: MovePlan, *, actor: Actor) -> TrunkMove:
    """Begin the move; due work does it. Raises Busy when another one runs."""
    move = TrunkMove(source=planned.source, target=planned.target, total=planned.total, quota=planned.quota)
    move.started_by_id = actor.user_id
    try:
        with db.collision_safe():
            db.session.add(move)
    except IntegrityError:
        raise MoveRunning from None
    audit.record("trunk.move_rooms", str(move.id), actor, rooms=planned.total, to=planned.target)
    _go_on_later(str(move.id))
    return move


def _go_on_later(move_id: str) -> None:
    """Order the due work that moves the rooms; the caller commits."""
    due.add("telephony.move_rooms", move_id=move_id)


def find(move_id: uuid.UUID) -> TrunkMove | None:
    """One move, of now or of before."""
    return db.session.get(TrunkMove, move_id)


def stop_move(move: TrunkMove, *, actor: Actor) -> bool:
    """Let the rooms that did not move yet stay; False when the move is over."""
    if not _end(move, MoveState.STOPPED):
        return False
    audit.record("trunk.stop_move", str(move.id), actor, rooms=move.done)
    return True


def _end(move: TrunkMove, state: MoveState) -> bool:
    mine = sa.update(TrunkMove).where(TrunkMove.id == move.id, TrunkMove.state == MoveState.RUNNING)
    return bool(db.changed(mine.values(state=state, ended_at=utcnow())))


def work_on(move_id: str) -> None:
    """Move rooms for a while, then leave the rest to another piece of due work. Commits. Raises Busy."""
    deadline = time.monotonic() + PIECE
    with leases.held(f"move:{move_id}") as mine:
        if not mine:
            raise MoveRunning
        while (move := _running(move_id)) is not None:
            if time.monotonic() > deadline:
                _go_on_later(move_id)
                db.session.commit()
                return
            _batch(move)


def _running(move_id: str) -> TrunkMove | None:
    move = db.session.get(TrunkMove, uuid.UUID(move_id), populate_existing=True)
    db.session.commit()
    return move if move is not None and move.state is MoveState.RUNNING else None


def _batch(move: TrunkMove) -> None:
    """Move the next rooms of the trunk in turn; after its share the next trunk is in turn, or all is done.

    Once there is nowhere to go for the rooms of a trunk they stay where they are.
    """
    if not move.quota:
        _end(move, MoveState.DONE)
        db.session.commit()
        return
    trunk_list.refresh()  # a trunk that is gone takes none
    source = min(move.quota)
    for room_id in _next(source, move.after, min(BATCH, move.quota[source])):
        leases.last()
        if not _move_one(move, source, room_id):
            return
    if not move.quota.get(source) or not _next(source, move.after, 1):
        rest = {trunk: count for trunk, count in move.quota.items() if trunk != source}
        _leave_to(move, rest)
        db.session.commit()


def _next(source: str, after: str, count: int) -> Sequence[uuid.UUID]:
    keys = sa.select(Room.id).where(Room.trunk_id == source, MOVABLE).order_by(Room.id).limit(count)
    found = db.session.scalars(keys.where(Room.id > uuid.UUID(after)) if after else keys).all()
    db.session.commit()
    return found


def _move_one(move: TrunkMove, source: str, room_id: uuid.UUID) -> bool:
    """Move one room and note it in one transaction, then let LiveKit follow; False when the trunk's others stay."""
    room, result, problem = None, Moved.FAILED, ""
    try:
        room, result = _moved(move, source, room_id)
    except NowhereError:
        db.session.rollback()
        _let_stay(move, source)
        return False
    except Exception as error:  # whatever is wrong with one room, the others go on
        db.session.rollback()
        problem = "no_free_pin" if isinstance(error, pins.PinsExhausted) else type(error).__name__
        log.warning("move.failed", move=str(move.id), room=str(room_id), code=problem)
    if not _note(move, source, room_id, result, problem):
        db.session.rollback()
        return False
    db.session.commit()
    if room is not None and room.reconcile_at is not None:
        reconcile.now(room)
    return True


def _moved(move: TrunkMove, source: str, room_id: uuid.UUID) -> tuple[Room, Moved]:
    locked = sa.select(Room).where(Room.id == room_id).with_for_update()
    room = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    if room.trunk_id != source or room.deleted_at is not None:
        raise LookupError("somebody else moved or deleted it")
    target = assignment.emptiest(source) if move.target == EVEN else _still_there(move.target)
    if not target:
        raise NowhereError
    before = room.pin
    service.move_trunk(room, target, actor=Actor(ActorKind.USER, move.started_by_id))
    return room, Moved.KEPT if room.pin == before else Moved.RENEWED


def _still_there(trunk_id: str) -> str | None:
    there = sa.select(TrunkRow.sip_trunk_id).where(TrunkRow.sip_trunk_id == trunk_id)
    return db.session.scalar(there.where(TrunkRow.gone_at.is_(None)))


def _let_stay(move: TrunkMove, source: str) -> None:
    """Move no more rooms of the trunk; of others some may still go to it. Commits."""
    rest = {trunk: count for trunk, count in move.quota.items() if trunk != source and move.target == EVEN}
    if rest:
        _leave_to(move, rest)
    elif _end(move, MoveState.NOWHERE):
        audit.record("trunk.stop_move", str(move.id), Actor.system(), rooms=move.done)
    db.session.commit()


def _leave_to(move: TrunkMove, rest: dict[str, int]) -> None:
    db.session.execute(sa.update(TrunkMove).where(TrunkMove.id == move.id).values(quota=rest, after=""))


def _note(move: TrunkMove, source: str, room_id: uuid.UUID, result: Moved, problem: str) -> bool:
    """Count the room, unless the move was stopped meanwhile."""
    left = {**move.quota, source: move.quota[source] - 1}
    column = {Moved.KEPT: "kept", Moved.RENEWED: "renewed", Moved.FAILED: "failed"}[result]
    values: dict[str, Any] = {column: getattr(TrunkMove, column) + 1, "quota": left, "after": room_id.hex}
    mine = sa.update(TrunkMove).where(TrunkMove.id == move.id, TrunkMove.state == MoveState.RUNNING)
    if not db.changed(mine.values(**values).execution_options(synchronize_session=False)):
        return False
    db.session.merge(MovedRoom(move_id=move.id, room_id=room_id, result=result, problem=problem, at=utcnow()))
    db.session.flush()
    db.session.refresh(move)
    return True


def purge() -> int:
    """Forget the moves that ended long ago, with what they did to each room; returns how many. Commits."""
    over = TrunkMove.ended_at < utcnow() - KEPT
    db.purge(MovedRoom, MovedRoom.move_id.in_(sa.select(TrunkMove.id).where(over)))  # first: a cascade has no pieces
    return db.purge(TrunkMove, over)


def newest() -> TrunkMove | None:
    """The move that was begun last."""
    return db.session.scalar(sa.select(TrunkMove).order_by(TrunkMove.id.desc()).limit(1))


ORDER = paging.by_key(MovedRoom.room_id, lambda row: row.MovedRoom.room_id)


def results(move: TrunkMove, result: Moved | None, at: paging.Place) -> paging.Page[Any]:
    """What happened to each room, with its name, newest rooms first."""
    columns: tuple[Any, ...] = (MovedRoom, Room.name, Room.slug, Room.deleted_at)
    rows = sa.select(*columns).join(Room, Room.id == MovedRoom.room_id).where(MovedRoom.move_id == move.id)
    if result is not None:
        rows = rows.where(MovedRoom.result == result)
    return paging.turn(lambda chosen: db.session.execute(chosen).all(), rows, ORDER, at)
