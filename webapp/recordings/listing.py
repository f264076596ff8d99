"""The list of recordings: filters with counts, orders, and what goes this week; cheap however many there are."""

import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.core.planning import PLANNED_ANEW, unindexed
from webapp.core.times import midnight
from webapp.recordings import queries
from webapp.recordings.models import FAILED, RUNNING, Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room

MOST = 1_000  # that are counted: who has more reads "1,000+"
DAYS = 7  # of the overview, today's among them


class RecordingShow(enum.Enum):
    """Which recordings are listed."""

    ALL = "all"
    RUNNING = "running"
    EXPIRING = "expiring"
    PERMANENT = "permanent"
    FAILED = "failed"
    EXPIRED = "expired"


class RecordingSort(enum.Enum):
    """What the list is ordered by."""

    MADE = "made"
    KEPT = "kept"
    LENGTH = "length"
    SIZE = "size"


@dataclass(frozen=True)
class RecordingFilters(paging.Filters):
    """What a reader of the list asked for; a day is one of the overview, and is asked for instead of a state."""

    show: RecordingShow = paging.asked("filter", paging.one_of(RecordingShow), RecordingShow.ALL)
    day: date | None = paging.asked("day", paging.day)
    mode: Mode | None = paging.asked("mode", paging.one_of(Mode))
    search: str = paging.asked("q", paging.text(200), "")
    room: str = paging.asked("room", paging.text(200), "")
    sorting: paging.Sorting = paging.sorted_by(RecordingSort, RecordingSort.MADE)

    @property
    def narrow(self) -> bool:
        """Something may be hidden by what was asked for."""
        return bool(self.search or self.room or self.mode or self.day or self.show is not RecordingShow.ALL)


RARE = {RecordingShow.RUNNING, RecordingShow.EXPIRING, RecordingShow.FAILED}  # few among many, each in an index


@dataclass(frozen=True)
class Count:
    """How many recordings there are, and how large they are together; of more than are counted, those that were."""

    number: int = 0
    size: int = 0
    is_all: bool = True

    def __add__(self, other: "Count") -> "Count":
        """Both together."""
        return Count(self.number + other.number, self.size + other.size, self.is_all and other.is_all)


@dataclass(frozen=True)
class Counts:
    """What each choice of a filter would show beside the other filters, and what is shown now.

    `week` has today and the six days after it, in this order, and what goes on each.
    """

    shows: dict[RecordingShow, Count]
    modes: dict[Mode, Count]
    week: dict[date, Count]
    chosen: Count


def page(user: User, filters: RecordingFilters, at: paging.Place, zone: tzinfo) -> paging.Page[Recording]:
    """One page of the recordings that the user may see and asked for; days begin and end in the zone."""
    key = paging.by_key(Recording.id, lambda recording: recording.id)
    order = _order(filters.sorting)
    rows: Any = queries.visible_to(user).where(*_asked(filters, zone))
    if filters.day or filters.show in RARE:
        key, order = key.unindexed(), order.unindexed()
    if filters.sorting.sort is RecordingSort.MADE:
        return paging.turn(lambda select: queries.remembering(user, select), rows, order, at)
    return paging.turn_with_gaps(lambda select: queries.remembering(user, select), rows, order, key, at)


def counts(user: User, filters: RecordingFilters, zone: tzinfo, most: int = MOST) -> Counts:
    """How many recordings each state and each mode would show, asked at once; of each, so many at most are counted."""
    shows = [show for show in RecordingShow if show is not RecordingShow.EXPIRING]  # that is the week's days together
    today = utcnow().astimezone(zone).date()
    week = [today + timedelta(days=number) for number in range(DAYS)]
    days = week if filters.day is None or filters.day in week else [*week, filters.day]
    here = [*_narrowed(filters, mode=False), *_placed(filters, zone)]
    selects = [
        *(_sizes(user, [*_narrowed(filters, rare=s in RARE), *_shown(s, zone)], rare=s in RARE) for s in shows),
        *(_sizes(user, [*here, Recording.mode == mode]) for mode in Mode),
        *(_sizes(user, [*_narrowed(filters, rare=True), _expiring(day, 1, zone)], rare=True) for day in days),
    ]
    counted = iter(_counted(selects, most))
    by_show: dict[RecordingShow, Count] = {show: next(counted) for show in shows}
    by_mode = {mode: next(counted) for mode in Mode}
    by_day = dict(zip(days, counted, strict=True))
    by_week = {day: by_day[day] for day in week}
    by_show[RecordingShow.EXPIRING] = sum(by_week.values(), Count())
    return Counts(by_show, by_mode, by_week, by_day[filters.day] if filters.day else by_show[filters.show])


def _order(sorting: paging.Sorting) -> paging.Order:
    if sorting.sort is RecordingSort.MADE:
        return paging.by_key(Recording.id, lambda recording: recording.id, descending=not sorting.backwards)
    if sorting.sort is RecordingSort.KEPT:
        times = paging.by_time(
            Recording.expires_at, Recording.id, lambda recording: (recording.expires_at, recording.id)
        )
        return paging.Order(times.columns, _with_gaps("expires_at", times.cursor), times.place, sorting.backwards)
    column, name = (
        (Recording.size, "size") if sorting.sort is RecordingSort.SIZE else (Recording.duration_ms, "duration_ms")
    )

    def cursor(recording: Recording) -> str:
        return f"{getattr(recording, name)}-{recording.id.hex}"

    def place(text: str) -> tuple[Any, ...]:
        number, _dash, key = text.partition("-")
        if not number.isdecimal() or int(number) > paging.LARGEST:
            raise ValueError("a number that no column holds")
        return int(number), uuid.UUID(key)

    return paging.Order((column, Recording.id), _with_gaps(name, cursor), place, not sorting.backwards)


def _with_gaps(name: str, cursor: Callable[[Recording], str]) -> Callable[[Recording], str]:
    """The cursor of a row, as paging.turn_with_gaps reads it where the column is empty."""

    def placed(recording: Recording) -> str:
        return cursor(recording) if getattr(recording, name) is not None else f"-{recording.id.hex}"

    return placed


def _asked(filters: RecordingFilters, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    return [*_narrowed(filters), *_placed(filters, zone)]


def _placed(filters: RecordingFilters, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    return [_expiring(filters.day, 1, zone)] if filters.day else _shown(filters.show, zone)


def _narrowed(filters: RecordingFilters, *, rare: bool = False, mode: bool = True) -> list[sa.ColumnElement[bool]]:
    """All that is asked for but the state, whose counts are shown beside one another."""
    room = unindexed(Recording.room_id) if rare else Recording.room_id
    kind = unindexed(Recording.mode) if rare else Recording.mode
    conditions: list[sa.ColumnElement[bool]] = [Recording.deleting_at.is_(None)]
    if filters.mode and mode:
        conditions.append(kind == filters.mode)
    if filters.room:
        conditions.append(room == sa.select(Room.id).where(Room.slug == filters.room).scalar_subquery())
    if filters.search:
        named = sa.select(Room.id).where(Room.name.icontains(filters.search, autoescape=True))
        conditions.append(room.in_(named))
    return conditions


def _shown(show: RecordingShow, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    """The condition of a state; where an index has it, in the index' own words: a bound value finds none."""
    match show:
        case RecordingShow.RUNNING:
            return [_literally(RUNNING)]
        case RecordingShow.FAILED:
            return [_literally(FAILED)]
        case RecordingShow.PERMANENT:
            return [Recording.state == State.SAVED, Recording.expires_at.is_(None)]
        case RecordingShow.EXPIRED:
            return [Recording.expires_at <= utcnow()]
        case RecordingShow.EXPIRING:
            return [_expiring(utcnow().astimezone(zone).date(), DAYS, zone)]
        case _:
            return []


def _literally(condition: str) -> Any:
    return sa.text(f"({condition})")


def _expiring(day: date, days: int, zone: tzinfo) -> sa.ColumnElement[bool]:
    """It is saved, and goes on one of so many days from this one on; what is over already does not go any more."""
    begin, end = midnight(day, zone), midnight(day + timedelta(days=days), zone)
    goes = Recording.expires_at >= begin, Recording.expires_at < end, Recording.expires_at > utcnow()
    return sa.and_(*goes, Recording.state == State.SAVED)


def _sizes(user: User, conditions: list[sa.ColumnElement[bool]], *, rare: bool = False) -> sa.Select[Any]:
    rows = sa.select(Recording.size).where(*conditions)
    if not user.is_admin:
        room = unindexed(Recording.room_id) if rare else Recording.room_id
        rows = rows.where(room.in_(queries.rooms_of(user)))
    return rows


def _counted(selects: list[sa.Select[Any]], most: int) -> list[Count]:
    parts = []
    for position, rows in enumerate(selects):
        few = rows.limit(most).subquery()
        size = sa.func.coalesce(sa.func.sum(few.c.size), 0)
        columns: tuple[Any, ...] = (sa.literal(position).label("position"), sa.func.count(), size)
        parts.append(sa.select(*columns).select_from(few))
    asked = db.session.execute(sa.union_all(*parts), execution_options=PLANNED_ANEW)
    found = {row[0]: Count(row[1], int(row[2]), row[1] < most) for row in asked}
    return [found[position] for position in range(len(selects))]
