"""The list of rooms: search, filters, orders; one query for a page, however many rooms there are."""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.accounts.models import User
from webapp.core import paging
from webapp.core.db import db
from webapp.rooms.models import Access, AccessLevel, Role, Room, is_open
from webapp.rooms.queries import named_like, open_access

COLUMNS = (
    Room.id,
    Room.name,
    Room.slug,
    Room.access_level,
    Room.phone_enabled,
    Room.pin.is_not(None).label("has_pin"),
    Room.live_since,
    Room.web_count,
    Room.phone_count,
    Room.last_used_at,
    Room.created_at,
    Room.queue_version,
    Access.role,
)


class Show(enum.Enum):
    """Which rooms are listed."""

    ALL = "all"
    MINE = "mine"
    SHARED = "shared"
    LIVE = "live"


class Sort(enum.Enum):
    """What the list is ordered by; each has the direction that people expect first."""

    USED = "used"
    NAME = "name"
    CREATED = "created"


def _name_order(descending: bool) -> paging.Order:
    """The cursor is the row's key alone: a room's name belongs in no address."""

    def place(text: str) -> tuple[Any, ...]:
        key = uuid.UUID(text)
        return sa.select(Room.name).where(Room.id == key).scalar_subquery(), key

    return paging.Order((Room.name, Room.id), lambda row: row.id.hex, place, descending)


@dataclass(frozen=True)
class RoomFilters(paging.Filters):
    """What the reader of the list asked for."""

    search: str = paging.asked("q", paging.text(500), "")
    show: Show = paging.asked("show", paging.one_of(Show), Show.ALL)
    level: AccessLevel | None = paging.asked("level", paging.one_of(AccessLevel))
    owner: uuid.UUID | None = paging.asked("owner", paging.key)
    sorting: paging.Sorting = paging.sorted_by(Sort, Sort.USED)

    @property
    def narrow(self) -> bool:
        """Something may be hidden by what was asked for."""
        return bool(self.search or self.level or self.owner or self.show is not Show.ALL)


def order(sorting: paging.Sorting) -> paging.Order:
    """The order that a head of the table stands for."""
    backwards = sorting.backwards
    if sorting.sort is Sort.NAME:
        return _name_order(backwards)
    if sorting.sort is Sort.CREATED:
        return paging.by_key(Room.id, lambda row: row.id, descending=not backwards)
    return paging.by_time(Room.last_used_at, Room.id, lambda row: (row.last_used_at, row.id), descending=not backwards)


def page(user: User, filters: RoomFilters, at: paging.Place) -> paging.Page[Any]:
    """One page of the rooms that the user may see and asked for."""
    return paging.turn(_execute, select(user, filters), order(filters.sorting), at)


def _execute(rooms: sa.Select[Any]) -> Sequence[Any]:
    return db.session.execute(rooms).all()


def select(user: User, filters: RoomFilters) -> sa.Select[Any]:
    """The rooms that the user may see and asked for, in no order."""
    everything = user.is_admin and filters.show not in {Show.MINE, Show.SHARED}
    columns: tuple[Any, ...] = COLUMNS
    rooms = sa.select(*columns).select_from(Room).where(Room.deleted_at.is_(None))
    rooms = rooms.join(Access, open_access(user), isouter=everything)
    if filters.show is Show.MINE:
        rooms = rooms.where(Access.role == Role.OWNER)
    if filters.show is Show.SHARED:
        rooms = rooms.where(Access.role != Role.OWNER)
    if filters.show is Show.LIVE:
        rooms = rooms.where(Room.live_since.is_not(None))
    if filters.level:
        rooms = rooms.where(Room.access_level == filters.level)
    if filters.owner and user.is_admin:
        rooms = rooms.where(Room.id.in_(_owned_by(filters.owner)))
    if filters.search:
        rooms = rooms.where(named_like(filters.search))
    return rooms


def _owned_by(owner: uuid.UUID) -> sa.Select[uuid.UUID]:
    theirs = aliased(Access)
    owned = sa.select(theirs.room_id).where(theirs.user_id == owner, theirs.role == Role.OWNER)
    return owned.where(is_open(theirs))
