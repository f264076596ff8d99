"""What is read of access lists."""

import enum
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.core import paging
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room, is_open

RANKS = {Role.OWNER: 0, Role.ADMINISTRATOR: 1, Role.MEMBER: 2}
RANK = sa.case(*((Access.role == role, rank) for role, rank in RANKS.items()))
OPEN = is_open(Access)
OWNS = sa.and_(OPEN, Access.role == Role.OWNER, ABLE)


def _open(room: Room) -> sa.Select[Access]:
    return sa.select(Access).where(Access.room_id == room.id, OPEN)


def people(room: Room, limit: int | None = None) -> Sequence[Access]:
    """Who has access now: owners, administrators, members, each in the order of their coming, with their names."""
    rows = _open(room).join(Access.user).options(contains_eager(Access.user), joinedload(Access.granted_by))
    return db.session.scalars(rows.order_by(RANK, Access.granted_at, Access.id).limit(limit)).all()


def counts(room: Room) -> dict[Role, int]:
    """How many people have each role now."""
    people = sa.func.count().label("people")
    rows = sa.select(Access.role, people).where(Access.room_id == room.id, OPEN).group_by(Access.role)
    return {row.role: row.people for row in db.session.execute(rows)}


class Filter(enum.Enum):
    """Which people are listed: those with a role now, those with one of the roles, those who had one."""

    NOW = "now"
    OWNERS = "owners"
    ADMINISTRATORS = "administrators"
    MEMBERS = "members"
    ENDED = "ended"


ROLE_OF = {Filter.OWNERS: Role.OWNER, Filter.ADMINISTRATORS: Role.ADMINISTRATOR, Filter.MEMBERS: Role.MEMBER}


def _place(text: str) -> tuple[Any, ...]:
    """The cursor of those who have access is the row's key alone; the rest of its place is looked up."""
    key = uuid.UUID(text)
    there = sa.select(RANK, Access.granted_at).where(Access.id == key).subquery()
    return sa.select(there.c[0]).scalar_subquery(), sa.select(there.c[1]).scalar_subquery(), key


NOW = paging.Order((RANK, Access.granted_at, Access.id), lambda row: row.id.hex, _place, descending=False)
ENDED = paging.by_time(Access.revoked_at, Access.id, lambda row: (row.revoked_at, row.id))


def select(room: Room, chosen: Filter) -> sa.Select[Access]:
    """The accesses asked for, in no order, with the people's names."""
    ended = chosen is Filter.ENDED
    rows = sa.select(Access).where(Access.room_id == room.id, Access.revoked_at.is_not(None) if ended else OPEN)
    if chosen in ROLE_OF:
        rows = rows.where(Access.role == ROLE_OF[chosen])
    names = (contains_eager(Access.user), joinedload(Access.granted_by), joinedload(Access.revoked_by))
    return rows.join(Access.user).options(*names)


def page(room: Room, chosen: Filter, at: paging.Place) -> paging.Page[Access]:
    """One page: owners, administrators, members, each in the order of their coming; what ended, newest first."""
    order = ENDED if chosen is Filter.ENDED else NOW
    return paging.turn(lambda rows: db.session.scalars(rows).all(), select(room, chosen), order, at)


def history(room: Room) -> Iterator[Access]:
    """Everybody who has or had access, in the order of the grants."""
    rows = sa.select(Access).where(Access.room_id == room.id).order_by(Access.granted_at, Access.id)
    names = (joinedload(Access.user), joinedload(Access.granted_by), joinedload(Access.revoked_by))
    yield from db.session.scalars(rows.options(*names))


def count(room: Room) -> int:
    """How many people have access now."""
    rows = sa.select(sa.func.count()).where(Access.room_id == room.id, OPEN)
    return db.session.scalar(rows) or 0


def one(room: Room, access_id: uuid.UUID) -> Access | None:
    """An open access of this room."""
    row = _open(room).where(Access.id == access_id).options(joinedload(Access.user))
    return db.session.scalar(row)


def ended(room: Room, access_id: uuid.UUID) -> Access | None:
    """An access of this room that somebody closed."""
    closed = sa.select(Access).where(Access.id == access_id, Access.room_id == room.id, Access.revoked_at.is_not(None))
    return db.session.scalar(closed.options(joinedload(Access.user)))


def of_user(room: Room, user: User) -> Access | None:
    """The user's open access."""
    row = _open(room).where(Access.user_id == user.id).options(joinedload(Access.user))
    return db.session.scalar(row)


def rooms_of(user: User, limit: int) -> Sequence[sa.Row[Room, Role]]:
    """The rooms that the user has a role in, with the role, by name."""
    rooms = sa.select(Room, Access.role).join(Access, Access.room_id == Room.id)
    mine = rooms.where(Access.user_id == user.id, OPEN, Room.deleted_at.is_(None))
    return db.session.execute(mine.order_by(Room.name, Room.id).limit(limit)).all()


def roles_of(user: User, at: paging.Place) -> paging.Page[Access]:
    """One page of the roles that the user has now, with the rooms and who gave them; in the order of `page`."""
    granted = contains_eager(Access.room), joinedload(Access.granted_by)
    theirs = sa.select(Access).join(Access.room).options(*granted).where(*_of_user(user))
    return paging.turn(lambda rows: db.session.scalars(rows).all(), theirs, NOW, at)


def count_of_user(user: User) -> int:
    """In how many rooms the user has a role now."""
    return db.session.scalar(sa.select(sa.func.count()).join_from(Access, Access.room).where(*_of_user(user))) or 0


def _of_user(user: User) -> tuple[sa.ColumnElement[bool], ...]:
    return Access.user_id == user.id, OPEN, Room.deleted_at.is_(None)


def owners(room: Room) -> int:
    """How many owners the room has, whether or not they can sign in."""
    rows = sa.select(sa.func.count()).where(Access.room_id == room.id, OPEN, Access.role == Role.OWNER)
    return db.session.scalar(rows) or 0


def other_owners(room: Room, access: Access) -> int:
    """How many people besides this one own the room and can sign in; right only while the room's row is locked."""
    rest = sa.and_(Access.room_id == room.id, Access.id != access.id, OWNS)
    return db.session.scalar(sa.select(sa.func.count()).join_from(Access, Access.user).where(rest)) or 0


def owned_alone(user: User) -> int:
    """How many rooms have this owner and nobody else who owns them and can sign in."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(_owned_alone(user).subquery())) or 0


def rooms_owned_alone(user: User, limit: int) -> Sequence[Room]:
    """Those rooms, by name."""
    return db.session.scalars(_owned_alone(user).order_by(Room.name, Room.id).limit(limit)).all()


def _owned_alone(user: User) -> sa.Select[Room]:
    others = aliased(Access)
    somebody = sa.select(others.id).join(User, User.id == others.user_id)
    somebody = somebody.where(others.room_id == Room.id, others.user_id != user.id, is_open(others))
    somebody = somebody.where(others.role == Role.OWNER, ABLE)
    mine = sa.select(Room).join(Access, Access.room_id == Room.id)
    return mine.where(*_of_user(user), Access.role == Role.OWNER, ~somebody.exists())
