"""Who could get into what at a moment, and what changed between two: read from dated rows, never from the trail."""

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.access.as_of import MOST, disabled, holds, is_there
from webapp.accounts.models import ABSENT, User
from webapp.core import counting, paging
from webapp.core.counting import Tally
from webapp.core.db import db
from webapp.core.times import midnight
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Access, Role, Room


class Cut(enum.Enum):
    """What the rows are grouped by."""

    ROOM = "room"
    PERSON = "person"


class ReviewShow(enum.Enum):
    """Which rows: everyone with a role at the moment, or what is different from the other moment."""

    EVERYONE = "everyone"
    CHANGES = "changes"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class ReviewCheck(enum.Enum):
    """What deserves a look."""

    PENDING = "pending"
    ONE_OWNER = "one_owner"
    ABSENT = "absent"
    DISABLED = "disabled"
    OWNERS = "owners"


def _zone(word: str) -> str | None:
    try:
        return ZoneInfo(word).key if word else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(frozen=True)
class ReviewFilters(paging.Filters):
    """What a reader asked for; a day means its end, and no day means now."""

    day: date | None = paging.asked("day", paging.day)
    since: date | None = paging.asked("since", paging.day)
    zone: str | None = paging.asked("zone", lambda word: _zone(word.strip()))
    cut: Cut = paging.asked("by", paging.one_of(Cut), Cut.ROOM)
    show: ReviewShow | None = paging.asked("show", paging.one_of(ReviewShow))
    check: ReviewCheck | None = paging.asked("check", paging.one_of(ReviewCheck))
    room_id: uuid.UUID | None = paging.asked("room", paging.key)
    user_id: uuid.UUID | None = paging.asked("person", paging.key)
    search: str = paging.asked("q", paging.text(200), "")

    @classmethod
    def refuses(cls, query: Mapping[str, str]) -> str:
        """A time zone that was asked for and is none, as it was typed; "" where there is no such."""
        typed = query.get("zone", "").strip()[:64]
        return typed if typed and _zone(typed) is None else ""

    @property
    def shown(self) -> ReviewShow:
        """Changes first where two moments are compared; there are none where nothing is."""
        if self.since is None:
            return ReviewShow.EVERYONE
        return self.show or ReviewShow.CHANGES

    @property
    def compares(self) -> bool:
        """What is shown is what is different."""
        return self.shown is not ReviewShow.EVERYONE


@dataclass(frozen=True)
class Moments:
    """The moment that is looked at, and an earlier one that it is compared with."""

    at: datetime
    since: datetime | None

    @classmethod
    def of(cls, filters: ReviewFilters, reader: tzinfo, now: datetime) -> "Moments":
        """The ends of the days in the zone that was asked for, or the reader's; nothing later than now."""
        zone = ZoneInfo(filters.zone) if filters.zone else reader
        at, since = _end(filters.day, zone, now) or now, _end(filters.since, zone, now)
        return cls(at, None) if since is None else cls(max(at, since), min(at, since))


def _end(day: date | None, zone: tzinfo, now: datetime) -> datetime | None:
    return min(midnight(day + timedelta(days=1), zone), now) if day else None


@dataclass(frozen=True)
class ReviewedRole:
    """A person's role in a room at the moment; `before` at the other one, where two are compared."""

    room: Room
    person: User
    now: Access | None
    before: Access | None = None

    @property
    def access(self) -> Access:
        """The role that there is, else the one that there was."""
        access = self.now or self.before
        assert access is not None
        return access

    @property
    def change(self) -> ReviewShow:
        """What is different."""
        if self.before is None:
            return ReviewShow.ADDED
        return ReviewShow.REMOVED if self.now is None else ReviewShow.CHANGED


def page(filters: ReviewFilters, moments: Moments, at: paging.Place) -> paging.Page[ReviewedRole]:
    """One page of what was asked for, the newest rooms or people first."""
    if filters.shown is ReviewShow.EVERYONE or moments.since is None:
        return paging.turn(_everyone, _of_everyone(filters, moments, Access), _order(Access, filters.cut), at)
    return _changes(filters, moments.at, moments.since, at)


def _changes(filters: ReviewFilters, at: datetime, since: datetime, place: paging.Place) -> paging.Page[ReviewedRole]:
    """Roles that were given and roles that were taken, each along its own index, put together in one order."""
    given, taken, deleted = aliased(Access), aliased(Access), aliased(Access)
    pages = []
    if filters.shown is not ReviewShow.REMOVED:
        select = _given(filters, at, since, filters.shown, given)
        pages.append(paging.turn(_rows_given, select, _order(given, filters.cut), place))
    if filters.shown in {ReviewShow.REMOVED, ReviewShow.CHANGES}:
        select = _taken(filters, at, since, taken)
        pages.append(paging.turn(_rows_taken, select, _order(taken, filters.cut), place))
        select = _deleted(filters, at, since, deleted)
        pages.append(paging.turn(_rows_taken, select, _order(deleted, filters.cut), place))
    return paging.merged(pages, _order(given, filters.cut), lambda row: _place_of(row, filters.cut), place)


@dataclass(frozen=True)
class ReviewCounts:
    """How many rows each choice would show; those of a check are of everyone."""

    shows: dict[ReviewShow, Tally]
    checks: dict[ReviewCheck, Tally]


def counts(filters: ReviewFilters, moments: Moments) -> ReviewCounts:
    """How many there are, up to MOST of each, asked at once."""
    unchecked = replace(filters, check=None)
    parts: dict[Any, sa.Select[Any]] = {ReviewShow.EVERYONE: _of_everyone(unchecked, moments)}
    parts |= {check: _of_everyone(replace(filters, check=check), moments) for check in ReviewCheck}
    if moments.since is not None:
        at, since = moments.at, moments.since
        parts |= {show: _given(unchecked, at, since, show) for show in (ReviewShow.ADDED, ReviewShow.CHANGED)}
        parts |= {ReviewShow.REMOVED: _taken(unchecked, at, since), "deleted": _deleted(unchecked, at, since)}
    found = counting.up_to(MOST, parts)
    if moments.since is not None:
        found[ReviewShow.REMOVED] += found.pop("deleted")
        given = found[ReviewShow.ADDED] + found[ReviewShow.CHANGED]
        found[ReviewShow.CHANGES] = given + found[ReviewShow.REMOVED]
    return ReviewCounts({s: found[s] for s in ReviewShow if s in found}, {check: found[check] for check in ReviewCheck})


def _of_everyone(filters: ReviewFilters, moments: Moments, *what: Any) -> sa.Select[Any]:
    """The roles of the moment: `what` of them, or a row of each."""
    select = sa.select(*(what or (sa.literal(1),))).select_from(Access).where(holds(Access, moments.at))
    if what:
        names = (contains_eager(Access.room), contains_eager(Access.user), joinedload(Access.granted_by))
        select = select.options(*names)
    return _narrowed(select.where(is_there(moments.at)), filters, moments.at, Access)


def _given(filters: ReviewFilters, at: datetime, since: datetime, show: ReviewShow, now: Any = None) -> sa.Select[Any]:
    """Roles that people have at the moment and had not at the one before: given, or another one. One row of each."""
    is_read, now, before = now is not None, now or aliased(Access), aliased(Access)
    of_before = sa.and_(before.room_id == now.room_id, before.user_id == now.user_id, holds(before, since))
    select = sa.select(*((Room, User, now, before) if is_read else (sa.literal(1),))).select_from(now)
    select = select.outerjoin(before, of_before).where(now.granted_at > since, holds(now, at))
    is_new, is_other = before.id.is_(None), before.role != now.role
    kinds = {ReviewShow.ADDED: is_new, ReviewShow.CHANGED: is_other}
    select = select.where(kinds.get(show, sa.or_(is_new, is_other)))
    if is_read:
        select = select.options(joinedload(now.granted_by), joinedload(before.revoked_by))
    return _narrowed(select.where(is_there(at)), filters, at, now)


def _taken(filters: ReviewFilters, at: datetime, since: datetime, before: Any = None) -> sa.Select[Any]:
    """Roles that people had at the moment before and have none in its place. One row of each."""
    is_read, before, now = before is not None, before or aliased(Access), aliased(Access)
    of_now = sa.and_(now.room_id == before.room_id, now.user_id == before.user_id, holds(now, at))
    select = sa.select(*((Room, User, before) if is_read else (sa.literal(1),))).select_from(before)
    ended = before.granted_at <= since, before.revoked_at > since, before.revoked_at <= at
    select = select.where(*ended, _none(now, of_now))
    if is_read:
        select = select.options(joinedload(before.revoked_by))
    return _narrowed(select.where(is_there(at)), filters, at, before)


def _deleted(filters: ReviewFilters, at: datetime, since: datetime, before: Any = None) -> sa.Select[Any]:
    """Roles that people had at the moment before in rooms that were deleted since. One row of each."""
    is_read, before = before is not None, before or aliased(Access)
    select = sa.select(*((Room, User, before) if is_read else (sa.literal(1),))).select_from(before)
    select = select.where(holds(before, since), Room.deleted_at > since, Room.deleted_at <= at)
    if is_read:
        select = select.options(joinedload(before.revoked_by))
    return _narrowed(select, filters, at, before)


def _narrowed(select: sa.Select[Any], filters: ReviewFilters, at: datetime, access: Any) -> sa.Select[Any]:
    """What was asked for beside the dates."""
    select = select.join(Room, Room.id == access.room_id).join(User, User.id == access.user_id)
    if filters.room_id:
        select = select.where(access.room_id == filters.room_id)
    if filters.user_id:
        select = select.where(access.user_id == filters.user_id)
    if filters.search:
        select = select.where(room_queries.named_like(filters.search))
    return select.where(_deserves_a_look(filters.check, access, at)) if filters.check else select


def _deserves_a_look(check: ReviewCheck, access: Any, at: datetime) -> sa.ColumnElement[bool]:
    """Who is pending and when somebody signed in last is known of today alone."""
    match check:
        case ReviewCheck.PENDING:
            return User.sub.is_(None)
        case ReviewCheck.DISABLED:
            return disabled(at)
        case ReviewCheck.OWNERS:
            return sa.and_(access.role == Role.OWNER)
        case ReviewCheck.ABSENT:
            # in parts of which the database knows how many there are: of a coalesce it guesses a third of all people
            never = sa.and_(User.last_sign_in_at.is_(None), User.created_at < at - ABSENT)
            return sa.and_(access.role == Role.OWNER, sa.or_(User.last_sign_in_at < at - ABSENT, never))
        case ReviewCheck.ONE_OWNER:
            other = aliased(Access)
            others = sa.and_(other.room_id == access.room_id, other.id != access.id, holds(other, at))
            return sa.and_(access.role == Role.OWNER, _none(other, sa.and_(others, other.role == Role.OWNER)))


def _none(access: Any, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """There is no such role. For NOT EXISTS PostgreSQL would read all roles before it gives the first row of a page."""
    there = sa.select(sa.true()).select_from(access).where(condition).limit(1).scalar_subquery()
    return sa.not_(sa.func.coalesce(there, sa.false()))


def _order(access: Any, cut: Cut) -> paging.Order:
    """By room and person or the other way round; the key, since a person may have come from two accounts."""
    pair = (access.room_id, access.user_id) if cut is Cut.ROOM else (access.user_id, access.room_id)

    def place(text: str) -> tuple[Any, ...]:
        first, second, key = text.split("-")
        return uuid.UUID(first), uuid.UUID(second), uuid.UUID(key)

    return paging.Order((*pair, access.id), lambda row: "-".join(key.hex for key in _place_of(row, cut)), place)


def _place_of(row: ReviewedRole, cut: Cut) -> tuple[uuid.UUID, ...]:
    pair = (row.room.id, row.person.id) if cut is Cut.ROOM else (row.person.id, row.room.id)
    return (*pair, row.access.id)


def _everyone(select: sa.Select[Any]) -> Sequence[ReviewedRole]:
    return [ReviewedRole(row.room, row.user, row) for row in db.session.scalars(select)]


def _rows_given(select: sa.Select[Any]) -> Sequence[ReviewedRole]:
    return [ReviewedRole(*row) for row in db.session.execute(select)]


def _rows_taken(select: sa.Select[Any]) -> Sequence[ReviewedRole]:
    return [ReviewedRole(room, person, None, before) for room, person, before in db.session.execute(select)]
