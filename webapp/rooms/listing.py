"""The list of rooms: search, filters, orders; one query for a page, however many rooms there are."""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from werkzeug.datastructures import MultiDict

from webapp.accounts.models import User
from webapp.core import paging
from webapp.core.db import db
from webapp.rooms.models import Access, AccessLevel, Role, Room
from webapp.rooms.queries import open_access

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


class Filter(enum.Enum):
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


def order(sort: Sort, backwards: bool = False) -> paging.Order:
    """The order that a head of the table stands for; `backwards` is its other direction."""
    if sort is Sort.NAME:
        return _name_order(backwards)
    if sort is Sort.CREATED:
        return paging.by_key(Room.id, lambda row: row.id, descending=not backwards)
    return paging.by_time(Room.last_used_at, Room.id, lambda row: (row.last_used_at, row.id), descending=not backwards)


@dataclass(frozen=True)
class Wish:
    """What the reader of the list asked for."""

    search: str = ""
    filter: Filter = Filter.ALL
    level: AccessLevel | None = None
    owner: uuid.UUID | None = None
    sort: Sort = Sort.USED
    backwards: bool = False

    @classmethod
    def of(cls, query: MultiDict[str, str]) -> "Wish":
        """Read a query string; words that are none of ours ask for nothing."""
        sort = query.get("sort", "")
        return cls(
            search=query.get("q", "").strip()[:500],
            filter=paging.member(Filter, query.get("show")) or Filter.ALL,
            level=paging.member(AccessLevel, query.get("level")),
            owner=paging.key(query.get("owner", "")),
            sort=paging.member(Sort, sort.removeprefix("-")) or Sort.USED,
            backwards=sort.startswith("-"),
        )

    def query(self, **changes: Any) -> dict[str, str]:
        """The query string that asks for this, with some of it changed and what is ordinary left out."""
        wish = replace(self, **changes)
        words = {
            "q": wish.search,
            "show": wish.filter.value if wish.filter is not Filter.ALL else "",
            "level": wish.level.value if wish.level else "",
            "owner": str(wish.owner) if wish.owner else "",
            "sort": ("-" if wish.backwards else "") + wish.sort.value,
        }
        return {name: word for name, word in words.items() if word and (name, word) != ("sort", Sort.USED.value)}

    @property
    def narrow(self) -> bool:
        """Something may be hidden by what was asked for."""
        return bool(self.search or self.level or self.owner or self.filter is not Filter.ALL)


def page(user: User, wish: Wish, at: paging.Place) -> paging.Page[Any]:
    """One page of the rooms that the user may see and asked for."""
    return paging.turn(_execute, select(user, wish), order(wish.sort, wish.backwards), at)


def _execute(rooms: sa.Select[Any]) -> Sequence[Any]:
    return db.session.execute(rooms).all()


def select(user: User, wish: Wish) -> sa.Select[Any]:
    """The rooms that the user may see and asked for, in no order."""
    everything = user.is_admin and wish.filter not in {Filter.MINE, Filter.SHARED}
    columns: tuple[Any, ...] = COLUMNS
    rooms = sa.select(*columns).select_from(Room).where(Room.deleted_at.is_(None))
    rooms = rooms.join(Access, open_access(user), isouter=everything)
    if wish.filter is Filter.MINE:
        rooms = rooms.where(Access.role == Role.OWNER)
    if wish.filter is Filter.SHARED:
        rooms = rooms.where(Access.role != Role.OWNER)
    if wish.filter is Filter.LIVE:
        rooms = rooms.where(Room.live_since.is_not(None))
    if wish.level:
        rooms = rooms.where(Room.access_level == wish.level)
    if wish.owner and user.is_admin:
        rooms = rooms.where(Room.id.in_(_owned_by(wish.owner)))
    if wish.search:
        rooms = rooms.where(_found(wish.search))
    return rooms


def _owned_by(owner: uuid.UUID) -> sa.Select[uuid.UUID]:
    theirs = aliased(Access)
    owned = sa.select(theirs.room_id).where(theirs.user_id == owner, theirs.role == Role.OWNER)
    return owned.where(theirs.revoked_at.is_(None))


def _found(words: str) -> sa.ColumnElement[bool]:
    """Part of the name, or the beginning of the link; also a whole link that was pasted."""
    slug = words.rstrip("/").rsplit("/", 1)[-1].lower()
    return Room.name.icontains(words, autoescape=True) | Room.slug.startswith(slug, autoescape=True)
