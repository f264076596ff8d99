"""The list of all rooms for support: worst first, by what is stored; as many queries for many rooms as for one."""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.core import counting, paging
from webapp.core.counting import Tally
from webapp.core.db import db
from webapp.doctor.models import RoomFinding
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room

MOST = 10_000  # that are counted: who has more reads "10,000+"
LINE = paging.by_time(Room.last_used_at, Room.id, lambda row: (row.Room.last_used_at, row.Room.id))


class RoomShow(enum.Enum):
    """Which rooms are listed."""

    ALL = "all"
    FOUND = "found"
    LIVE = "live"
    CLOSED = "closed"
    BEHIND = "behind"


@dataclass(frozen=True)
class RoomListFilters(paging.Filters):
    """What a reader of the list asked for."""

    show: RoomShow = paging.asked("show", paging.one_of(RoomShow), RoomShow.ALL)
    search: str = paging.asked("q", paging.text(500), "")
    trunk_id: str = paging.asked("trunk", paging.text(64), "")


def page(filters: RoomListFilters, at: paging.Place) -> paging.Page[Any]:
    """One page of the rooms asked for, those with findings first, worst first, then those used last."""
    columns: tuple[Any, ...] = (Room, RoomFinding.place, RoomFinding.kind)
    rows = _joined(sa.select(*columns)).where(*_asked(filters, filters.show))
    if filters.show is RoomShow.FOUND:
        return paging.turn(_execute, rows, WORST, at)
    line = LINE if filters.show is RoomShow.ALL else LINE.unindexed()  # few among many, each in an index
    return paging.turn_with_gaps(_execute, rows, WORST, line, at)


def counts(filters: RoomListFilters, most: int = MOST) -> dict[RoomShow, Tally]:
    """How many rooms each filter would show, asked at once; of each, so many at most are counted."""
    return counting.up_to(most, {show: counted(filters, show) for show in RoomShow})


def counted(filters: RoomListFilters, show: RoomShow) -> sa.Select[Any]:
    """The rooms that a filter would show, to be counted."""
    rooms: sa.Select[Any] = sa.select(Room.id)
    return _joined(rooms).where(*_asked(filters, show))


def _execute(rows: sa.Select[Any]) -> Sequence[Any]:
    return db.session.execute(rows).all()


def _joined(rows: sa.Select[Any]) -> sa.Select[Any]:
    return rows.select_from(Room).outerjoin(RoomFinding, RoomFinding.room_id == Room.id)


def _asked(filters: RoomListFilters, show: RoomShow) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Room.deleted_at.is_(None), *_shown(show)]
    if filters.trunk_id:
        conditions.append(Room.trunk_id == filters.trunk_id)
    if filters.search:
        conditions.append(_found(filters.search))
    return conditions


def _shown(show: RoomShow) -> list[sa.ColumnElement[bool]]:
    match show:
        case RoomShow.FOUND:
            return [RoomFinding.place.is_not(None)]
        case RoomShow.LIVE:
            return [Room.live_since.is_not(None)]
        case RoomShow.CLOSED:  # phones should get in, by `rules.wanted`, and no rule lets them
            wants = [
                Room.live_since.is_not(None),
                Room.web_count > 0,
                Room.phone_enabled.is_(True),
                Room.trunk_id != "",
            ]
            return [*wants, Room.pin.is_not(None), Room.sip_dispatch_rule_id.is_(None)]
        case RoomShow.BEHIND:
            return [Room.reconcile_at.is_not(None), Room.rule_problem != ""]
    return []


def _found(words: str) -> sa.ColumnElement[bool]:
    """Name or link, as on the other lists; also a link that the room had before, and its id, which LiveKit shows."""
    found = room_queries.ever_named_like(words)
    room_id = paging.key(words)
    return found | (Room.id == room_id) if room_id else found


def _place_of(row: Any) -> str:
    """The cursor of a row, as paging.turn_with_gaps reads it where there is no finding."""
    return f"-{LINE.cursor(row)}" if row.place is None else f"{row.place}-{row.Room.id.hex}"


def _place(text: str) -> tuple[Any, ...]:
    number, _dash, room_id = text.partition("-")
    if not number.isdecimal() or int(number) > paging.LARGEST:
        raise ValueError("a place that no finding has")
    return int(number), uuid.UUID(room_id)


WORST = paging.Order((RoomFinding.place, RoomFinding.room_id), _place_of, _place, descending=False)
