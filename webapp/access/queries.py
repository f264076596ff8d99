"""What is read of access lists."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from webapp.accounts.models import User
from webapp.db import db
from webapp.rooms.models import Access, Role, Room

RANK = sa.case((Access.role == Role.OWNER, 0), (Access.role == Role.ADMINISTRATOR, 1), else_=2)


def _open(room: Room) -> sa.Select[Access]:
    return sa.select(Access).where(Access.room_id == room.id, Access.revoked_at.is_(None))


def people(room: Room, limit: int | None = None) -> Sequence[Access]:
    """Who has access now: owners, administrators, members, each in the order of their coming, with their names."""
    rows = _open(room).join(Access.user).options(contains_eager(Access.user), joinedload(Access.granted_by))
    return db.session.scalars(rows.order_by(RANK, Access.granted_at, Access.id).limit(limit)).all()


def count(room: Room) -> int:
    """How many people have access now."""
    rows = sa.select(sa.func.count()).where(Access.room_id == room.id, Access.revoked_at.is_(None))
    return db.session.scalar(rows) or 0


def one(room: Room, access_id: uuid.UUID) -> Access | None:
    """An open access of this room."""
    row = _open(room).where(Access.id == access_id).options(joinedload(Access.user))
    return db.session.scalar(row)


def of_user(room: Room, user: User) -> Access | None:
    """The user's open access."""
    row = _open(room).where(Access.user_id == user.id).options(joinedload(Access.user))
    return db.session.scalar(row)


def rooms_of(user: User, limit: int) -> Sequence[sa.Row[Room, Role]]:
    """The rooms that the user has a role in, with the role, by name."""
    found = sa.select(Room, Access.role).join(Access, Access.room_id == Room.id)
    mine = found.where(Access.user_id == user.id, Access.revoked_at.is_(None), Room.deleted_at.is_(None))
    return db.session.execute(mine.order_by(Room.name, Room.id).limit(limit)).all()


def owners(room: Room) -> int:
    """How many owners the room has; right only while its row is locked."""
    rows = sa.select(sa.func.count()).where(
        Access.room_id == room.id, Access.revoked_at.is_(None), Access.role == Role.OWNER
    )
    return db.session.scalar(rows) or 0
