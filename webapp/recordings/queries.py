"""What is read of recordings."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import contains_eager, joinedload

from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.core.planning import PLANNED_ANEW
from webapp.recordings.models import FAILED_STATES, RUNNING_STATES, Recording, Transition
from webapp.recordings.states import State
from webapp.rooms.models import Access, Role, Room, is_open
from webapp.rooms.policy import HOSTS
from webapp.rooms.queries import open_access

HISTORY = 30  # transitions that a page shows


def visible_to(user: User) -> sa.Select[Recording, Role]:
    """The recordings that `policy.view` shows to the user, each with the user's role in its room."""
    joined = sa.select(Recording, Access.role).join(Room, Room.id == Recording.room_id)
    joined = joined.outerjoin(Access, open_access(user)).options(contains_eager(Recording.room))
    return joined if user.is_admin else joined.where(Access.role.is_not(None))


def rooms_of(user: User) -> sa.Select[uuid.UUID]:
    """The rooms of whose recordings a user knows who is no admin."""
    return sa.select(Access.room_id).where(Access.user_id == user.id, is_open(Access))


def by_id(user: User, recording_id: uuid.UUID, *, lock: bool = False, deleted: bool = False) -> Recording | None:
    """The recording with its room and the user's role there, if the user may know of it; `deleted` until it goes."""
    found = visible_to(user).where(Recording.id == recording_id)
    found = found if deleted else found.where(Recording.deleting_at.is_(None))
    if lock:
        # first the lock, then the role: what PostgreSQL joins to a row it waited for is as old as the question
        db.session.execute(sa.select(Recording.id).where(Recording.id == recording_id).with_for_update())
        found = found.execution_options(populate_existing=True)
    return next(iter(remembering(user, found)), None)


def by_ids(user: User, ids: Collection[uuid.UUID], *, lock: bool = False) -> dict[uuid.UUID, Recording]:
    """Those of the recordings that the user may know of, by id, asked at once; `lock` holds them until the commit."""
    found = visible_to(user).where(Recording.id.in_(ids), Recording.deleting_at.is_(None))
    if lock:
        # in one order, or two who choose the same would wait for each other
        rows = sa.select(Recording.id).where(Recording.id.in_(ids)).order_by(Recording.id).with_for_update()
        db.session.execute(rows)
        found = found.execution_options(populate_existing=True)
    return {recording.id: recording for recording in remembering(user, found)}


def times(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each of these recordings was begun, for whoever needs no more of them; a deleted one has no time."""
    rows = db.session.execute(sa.select(Recording.id, Recording.created_at).where(Recording.id.in_(ids)))
    return {row.id: row.created_at for row in rows}


def lock(recording: Recording) -> bool:
    """Read the row anew under a lock, since others may move it meanwhile; its loaded room stays loaded.

    False where it was deleted.
    """
    columns = sa.inspect(Recording).column_attrs.keys()
    try:
        db.session.refresh(recording, columns, with_for_update=True)
    except InvalidRequestError:
        return False
    return True


def of_room(room: Room, limit: int = 5) -> list[Recording]:
    """The newest recordings of a room."""
    mine = sa.select(Recording).where(Recording.room_id == room.id, Recording.deleting_at.is_(None))
    mine = mine.options(joinedload(Recording.room))
    return list(db.session.scalars(mine.order_by(Recording.id.desc()).limit(limit)))


def one_of_room(room: Room, recording_id: uuid.UUID) -> Recording | None:
    """A recording of the room, unless it is being deleted."""
    mine = sa.select(Recording).where(Recording.room_id == room.id, Recording.deleting_at.is_(None))
    return db.session.scalar(mine.where(Recording.id == recording_id))


def count_of_room(room: Room) -> int:
    """How many recordings the room has."""
    mine = sa.select(sa.func.count()).where(Recording.room_id == room.id, Recording.deleting_at.is_(None))
    return db.session.scalar(mine) or 0


def transitions(recording: Recording) -> list[Transition]:
    """What the recording went through, newest first, each with the person who brought it about."""
    mine = sa.select(Transition).where(Transition.recording_id == recording.id).options(joinedload(Transition.user))
    return list(db.session.scalars(mine.order_by(Transition.id.desc()).limit(HISTORY)))


def running(room: Room) -> Recording | None:
    """The recording of the room that is not over: at most one."""
    mine = sa.select(Recording).where(Recording.room_id == room.id, Recording.state.in_(RUNNING_STATES))
    return db.session.scalar(mine)


def to_look_at(user: User, limit: int) -> list[Recording]:
    """What a host should know of: failed or gone within a week, expiring within a week, or running, in this order."""
    now = utcnow()
    week_ago = now - timedelta(days=7)
    vanished = sa.exists().where(
        Transition.recording_id == Recording.id, Transition.to_state == State.GONE, Transition.at > week_ago
    )
    failed = sa.or_(
        sa.and_(Recording.state.in_(FAILED_STATES), Recording.created_at > week_ago),
        sa.and_(Recording.state == State.GONE, vanished),
    )
    expiring = sa.and_(Recording.state == State.SAVED, _expiring(7))
    urgency = sa.case((failed, 0), (Recording.state == State.SAVED, 1), else_=2)
    mine = visible_to(user).where(Access.role.in_(HOSTS), Recording.deleting_at.is_(None), Room.deleted_at.is_(None))
    mine = mine.where(sa.or_(failed, expiring, Recording.state.in_(RUNNING_STATES)))
    mine = mine.order_by(urgency, Recording.expires_at, Recording.id.desc()).execution_options(**PLANNED_ANEW)
    return remembering(user, mine.limit(limit))


def _expiring(days: int) -> sa.ColumnElement[bool]:
    now = utcnow()
    return sa.and_(Recording.expires_at > now, Recording.expires_at <= now + timedelta(days=days))


def remembering(user: User, select: Any) -> list[Recording]:
    """The recordings of a select of `visible_to`, each with the user's role remembered on its room."""
    recordings = []
    for recording, role in db.session.execute(select):
        recording.room.remember_role(user, role)
        recordings.append(recording)
    return recordings
