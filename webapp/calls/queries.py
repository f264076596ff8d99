"""The book of calls as its readers ask for it: filters with counts, pages by key, one query for a page."""

import enum
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.calls.models import Call
from webapp.calls.verdicts import VERDICT, Verdict
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.core.planning import PLANNED_ANEW
from webapp.rooms import queries as room_queries
from webapp.rooms import trunk_names
from webapp.rooms.models import Room, TrunkRow

ORDER = paging.by_time(Call.came_at, Call.id, lambda row: (row.Call.came_at, row.Call.id))
PSEUDONYM = re.compile("[0-9a-f]{16}")


class Span(enum.Enum):
    """How far back the list goes."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


SPANS = {Span.DAY: timedelta(days=1), Span.WEEK: timedelta(days=7), Span.MONTH: timedelta(days=30)}


def _pseudonym(word: str) -> str | None:
    return word if PSEUDONYM.fullmatch(word) else None


@dataclass(frozen=True)
class CallFilters(paging.Filters):
    """What a reader of the book asked for."""

    verdict: Verdict | None = paging.asked("verdict", paging.one_of(Verdict))
    span: Span = paging.asked("span", paging.one_of(Span), Span.DAY)
    search: str = paging.asked("q", paging.text(200), "")
    room_id: uuid.UUID | None = paging.asked("room", paging.key)
    trunk_id: str = paging.asked("trunk", paging.text(64), "")
    caller: str = paging.asked("caller", _pseudonym, "")


def page(filters: CallFilters, at: paging.Place) -> paging.Page[Any]:
    """One page of the calls asked for, newest first, each with its verdict, its room and its trunk."""
    return paging.turn(lambda rows: db.session.execute(rows).all(), _rows(filters), ORDER, at)


def one(call_id: uuid.UUID) -> Any:
    """One call with its verdict, its room and its trunk; None for one that is not in the book."""
    return db.session.execute(_shown().where(Call.id == call_id)).one_or_none()


def _rows(filters: CallFilters) -> sa.Select[Any]:
    rows = _fitting(_shown(), filters)
    return rows.where(VERDICT.in_([filters.verdict.value])) if filters.verdict else rows


def _shown() -> sa.Select[Any]:
    columns: tuple[Any, ...] = (Call, VERDICT.label("verdict"), TrunkRow.name.label("trunk"))
    columns += (Room.name.label("room"), Room.slug, Room.deleted_at)
    rows = sa.select(*columns).select_from(Call).outerjoin(Room, Room.id == Call.room_id)
    return rows.outerjoin(TrunkRow, TrunkRow.sip_trunk_id == Call.trunk_id).options(joinedload(Call.decided_by))


def _fitting(rows: sa.Select[Any], filters: CallFilters) -> sa.Select[Any]:
    """All that is asked for but the verdict, whose counts are shown beside one another."""
    if filters.span in SPANS:
        rows = rows.where(Call.came_at > utcnow() - SPANS[filters.span])
    if filters.room_id:
        rows = rows.where(Call.room_id == filters.room_id)
    if filters.trunk_id:
        rows = rows.where(Call.trunk_id == filters.trunk_id)
    if filters.caller:
        rows = rows.where(Call.caller == filters.caller)
    if filters.search:
        rows = rows.where(Call.room_id.in_(sa.select(Room.id).where(room_queries.named_like(filters.search))))
    return rows


def counts(filters: CallFilters) -> dict[Verdict, int]:
    """How many calls each verdict would show."""
    columns: tuple[Any, ...] = (VERDICT, sa.func.count())
    counted = _fitting(sa.select(*columns).select_from(Call), filters).group_by(VERDICT)
    found = {Verdict(verdict): count for verdict, count in db.session.execute(counted, execution_options=PLANNED_ANEW)}
    return {verdict: found.get(verdict, 0) for verdict in Verdict}


def by_caller(callers: Iterable[str]) -> dict[str, int]:
    """How many calls of the book each of these callers made, asked at once."""
    wanted = {caller for caller in callers if caller}
    if not wanted:
        return {}
    counted = sa.select(Call.caller, sa.func.count()).group_by(Call.caller)
    return {row[0]: row[1] for row in db.session.execute(counted.where(Call.caller.in_(wanted)))}


def trunks() -> dict[str, str]:
    """What the trunks are called that calls came over, by id in this order."""
    return trunk_names.of_rows(dict(sorted(room_queries.trunk_rows().items())))


def room_name(room_id: uuid.UUID | None) -> str:
    """The name of the room that the list is narrowed to; empty for none."""
    return (db.session.scalar(sa.select(Room.name).where(Room.id == room_id)) or "") if room_id else ""


def calls_over(trunk_id: str, span: timedelta) -> int:
    """How many calls came over the trunk within the last `span`."""
    counted = sa.select(sa.func.count()).where(Call.came_at > utcnow() - span, Call.trunk_id == trunk_id)
    return db.session.scalar(counted) or 0
