"""Who saw which PIN or number, and why: the trail's entries of that kind, counted, and looked through for bursts."""

import enum
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.audit import queries
from webapp.audit.models import REVEALED, AuditEntry
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.core.planning import PLANNED_ANEW

PIN, PARTICIPANT = "room.reveal_pin", "room.reveal_participant"
DAYS = 30  # that are counted
MOST = 10_000  # that are counted: who has more reads "10,000+"
MANY, WITHIN = 10, timedelta(minutes=15)  # so many by one person within so long deserve a look
LATELY = timedelta(days=7)


class RevealShow(enum.Enum):
    """Which reveals are listed."""

    ALL = "all"
    PINS = "pins"
    NUMBERS = "numbers"
    REASON = "reason"


@dataclass(frozen=True)
class RevealFilters(paging.Filters):
    """What a reader asked for."""

    show: RevealShow = paging.asked("filter", paging.one_of(RevealShow), RevealShow.ALL)
    user_id: uuid.UUID | None = paging.asked("person", paging.key)
    room_id: uuid.UUID | None = paging.asked("room", paging.key)


@dataclass(frozen=True)
class RevealCounts:
    """What was revealed in the last days, and to how many people; of more than are counted, those that were."""

    shows: dict[RevealShow, int]
    people: int
    is_all: bool


@dataclass(frozen=True)
class Burst:
    """One person who saw many within minutes."""

    user_id: uuid.UUID
    count: int
    first: datetime
    last: datetime


def page(filters: RevealFilters, at: paging.Place) -> paging.Page[AuditEntry]:
    """One page of what was revealed, newest first, with to whom."""
    entries = sa.select(AuditEntry).where(sa.text(REVEALED), *_asked(filters)).options(joinedload(AuditEntry.user))
    return queries.turn(entries, at)


def counts() -> RevealCounts:
    """How much was revealed in the last days, asked at once."""
    since = utcnow() - timedelta(days=DAYS)
    columns = (AuditEntry.action, AuditEntry.reason, AuditEntry.user_id)
    newest = sa.select(*columns).where(sa.text(REVEALED), AuditEntry.at >= since)
    few = newest.order_by(AuditEntry.id.desc()).limit(MOST).subquery()
    asked = sa.select(
        sa.func.count(),
        sa.func.count().filter(few.c.action == PIN),
        sa.func.count().filter(few.c.action == PARTICIPANT),
        sa.func.count().filter(few.c.reason != ""),
        sa.func.count(sa.distinct(few.c.user_id)),
    )
    found = db.session.execute(asked, execution_options=PLANNED_ANEW).one()
    return RevealCounts(dict(zip(RevealShow, found[:-1], strict=True)), found[-1], found[0] < MOST)


def lately() -> list[Burst]:
    """People who saw many within minutes in the last days, the largest first."""
    since = utcnow() - LATELY
    rows = sa.select(AuditEntry.user_id, AuditEntry.at).where(sa.text(REVEALED), AuditEntry.at >= since)
    rows = rows.where(AuditEntry.user_id.is_not(None)).order_by(AuditEntry.id.desc()).limit(MOST)
    found = db.session.execute(rows, execution_options=PLANNED_ANEW)
    return bursts((user_id, at) for user_id, at in found if user_id is not None)


def bursts(seen: Iterable[tuple[uuid.UUID, datetime]]) -> list[Burst]:
    """The largest crowd of each person's moments within WITHIN, of those that have MANY; the largest first. Pure."""
    moments: dict[uuid.UUID, list[datetime]] = {}
    for user_id, at in seen:
        moments.setdefault(user_id, []).append(at)
    found = (_densest(user_id, sorted(each)) for user_id, each in moments.items())
    return sorted((burst for burst in found if burst.count >= MANY), key=lambda burst: -burst.count)


def _densest(user_id: uuid.UUID, moments: Sequence[datetime]) -> Burst:
    best, begin = Burst(user_id, 0, moments[0], moments[0]), 0
    for end, moment in enumerate(moments):
        while moment - moments[begin] > WITHIN:
            begin += 1
        if end - begin + 1 > best.count:
            best = Burst(user_id, end - begin + 1, moments[begin], moment)
    return best


def _asked(filters: RevealFilters) -> list[sa.ColumnElement[bool]]:
    conditions: list[Any] = []
    if filters.show is RevealShow.PINS:
        conditions.append(AuditEntry.action == PIN)
    if filters.show is RevealShow.NUMBERS:
        conditions.append(AuditEntry.action == PARTICIPANT)
    if filters.show is RevealShow.REASON:
        conditions.append(AuditEntry.reason != "")
    if filters.user_id:
        conditions.append(AuditEntry.user_id == filters.user_id)
    if filters.room_id:
        conditions.append(AuditEntry.room_id == filters.room_id)
    return conditions
