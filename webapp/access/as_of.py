"""What held at a past moment beside roles: access levels, staff roles, disabled accounts; from their dated rows.

The first change after the moment says what held before it; where there is none, what holds now held then, too.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.accounts.models import AccountChange, Staff, User
from webapp.audit.models import Beginning
from webapp.core import counting
from webapp.core.counting import Tally
from webapp.core.db import db
from webapp.rooms.models import Access, AccessLevel, LevelChange, Role, Room

MOST = 1_000  # that are counted: where there are more it says "1,000+"
KIND = "levels_and_accounts"  # in the table of beginnings
NAMED = 20  # admins that are named


@dataclass(frozen=True)
class Account:
    """What an account was: its staff role, and whether it could be used."""

    staff: Staff
    is_disabled: bool


@dataclass(frozen=True)
class Doors:
    """Who got in without a role in the room: anybody into public rooms, whoever signed in into trusted ones, admins."""

    rooms: dict[AccessLevel, Tally]
    admins: Sequence[User]
    admin_count: int


def holds(access: Any, at: datetime) -> sa.ColumnElement[bool]:
    """The condition of roles that people had at the moment; of `Access` or an alias of it."""
    return sa.and_(access.granted_at <= at, sa.or_(access.revoked_at.is_(None), access.revoked_at > at))


def is_there(at: datetime) -> sa.ColumnElement[bool]:
    """The room was not deleted by then."""
    return sa.or_(Room.deleted_at.is_(None), Room.deleted_at > at)


def disabled(at: datetime) -> sa.ColumnElement[bool]:
    """The user's account could not be used."""
    before = _first(AccountChange.disabled_before, AccountChange.user_id == User.id, AccountChange.at, at)
    changed = sa.select(AccountChange.user_id).where(AccountChange.at > at)
    now = aliased(User)
    perhaps = sa.union(sa.select(now.id).where(now.disabled_at.is_not(None)), changed)
    return sa.and_(User.id.in_(perhaps), sa.func.coalesce(before, User.disabled_at.is_not(None)))


def unknown_before() -> datetime | None:
    """Since when levels, staff roles and disabled accounts are kept; None: for as long as the installation exists."""
    return db.session.scalar(sa.select(Beginning.at).where(Beginning.what == KIND))


def levels(rooms: Collection[Room], at: datetime) -> dict[uuid.UUID, AccessLevel]:
    """The access level of each room at the moment."""
    later = sa.select(LevelChange.room_id, LevelChange.before).where(LevelChange.at > at)
    later = later.where(LevelChange.room_id.in_({room.id for room in rooms})).order_by(LevelChange.at.desc())
    return {room.id: room.access_level for room in rooms} | {row[0]: row[1] for row in db.session.execute(later)}


def accounts(people: Collection[User], at: datetime) -> dict[uuid.UUID, Account]:
    """What each account was at the moment."""
    found = {person.id: Account(person.staff, not person.is_active) for person in people}
    later = sa.select(AccountChange).where(AccountChange.at > at, AccountChange.user_id.in_(found))
    for change in db.session.scalars(later.order_by(AccountChange.at.desc())):
        found[change.user_id] = Account(change.staff_before, change.disabled_before)
    return found


def sizes(rooms: Collection[uuid.UUID], at: datetime) -> dict[uuid.UUID, tuple[int, int]]:
    """How many people had a role in each room at the moment, and how many of them owned it."""
    people = sa.func.count(sa.distinct(Access.user_id))
    owners = people.filter(Access.role == Role.OWNER)
    counted = sa.select(Access.room_id, people, owners).where(Access.room_id.in_(rooms), holds(Access, at))
    return {row[0]: (row[1], row[2]) for row in db.session.execute(counted.group_by(Access.room_id))}


def rooms_of(people: Collection[uuid.UUID], at: datetime) -> dict[uuid.UUID, int]:
    """In how many rooms each of the people had a role at the moment."""
    counted = sa.select(Access.user_id, sa.func.count(sa.distinct(Access.room_id))).join(
        Room, Room.id == Access.room_id
    )
    counted = counted.where(Access.user_id.in_(people), holds(Access, at), is_there(at)).group_by(Access.user_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def doors(at: datetime) -> Doors:
    """Who got in without a role at the moment; of rooms no more than MOST are counted, of admins NAMED are named."""
    rooms = {level: _rooms_with(level, at) for level in (AccessLevel.PUBLIC, AccessLevel.TRUSTED)}
    staff = _first(AccountChange.staff_before, AccountChange.user_id == User.id, AccountChange.at, at)
    changed = sa.select(AccountChange.user_id).where(AccountChange.at > at, AccountChange.staff_before == Staff.ADMIN)
    admins = sa.select(User).where(sa.or_(User.staff == Staff.ADMIN, User.id.in_(changed)), User.created_at <= at)
    admins = admins.where(sa.func.coalesce(staff, User.staff) == Staff.ADMIN, sa.not_(disabled(at)))
    counted = counting.up_to(MOST, {**rooms, Staff.ADMIN: admins.with_only_columns(User.id)})
    named = db.session.scalars(admins.order_by(User.full_name, User.id).limit(NAMED)).all()
    return Doors({level: counted[level] for level in rooms}, named, counted[Staff.ADMIN].number)


def _rooms_with(level: AccessLevel, at: datetime) -> sa.Select[Any]:
    before = _first(LevelChange.before, LevelChange.room_id == Room.id, LevelChange.at, at)
    changed = sa.select(LevelChange.room_id).where(LevelChange.at > at, LevelChange.before == level)
    rooms = sa.select(sa.literal(1)).where(sa.or_(Room.access_level == level, Room.id.in_(changed)))
    return rooms.where(sa.func.coalesce(before, Room.access_level) == level, Room.created_at <= at, is_there(at))


def _first(column: Any, of: sa.ColumnElement[bool], time: Any, at: datetime) -> sa.ScalarSelect[Any]:
    """What the first change after the moment says that held before it."""
    return sa.select(column).where(of, time > at).order_by(time).limit(1).scalar_subquery()
