"""The calls of the last 24 hours, counted by hour of the reader's clock and by verdict: one query, however many."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from webapp.calls.models import Call
from webapp.calls.verdicts import VERDICT, Verdict
from webapp.core.db import db

HOURS = 24
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hour:
    """An hour of the reader's clock, and what became of the calls that came in it."""

    starts_at: datetime
    counts: Counter[Verdict]


def last_day(now: datetime, zone: tzinfo) -> list[Hour]:
    """The hour that runs and the 23 before it; on a day of 23 or 25 hours they are still 24."""
    starts = hours(now, zone)
    counted: dict[int, Counter[Verdict]] = {}
    for number, verdict, count in db.session.execute(_by_hour(starts[0])):
        counted.setdefault(int(number) // 3600, Counter())[Verdict(verdict)] = count
    return [Hour(start, counted.get(number, Counter())) for number, start in enumerate(starts)]


def hours(now: datetime, zone: tzinfo) -> list[datetime]:
    """When the hours began by the reader's clock; the steps are made in UTC: clocks are put back and forward."""
    here = now.astimezone(zone)
    running = (now - timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)).astimezone(UTC)
    return [(running - number * HOUR).astimezone(zone) for number in reversed(range(HOURS))]


def _by_hour(start: datetime) -> sa.Select[Any]:
    """Seconds since the start, down to the full hour; the rest of a division is the same on both databases."""
    since = sa.extract("epoch", Call.came_at) - int(start.timestamp())
    hour = (since - since % 3600).label("hour")
    columns: tuple[Any, ...] = (hour, VERDICT.label("verdict"), sa.func.count())
    return sa.select(*columns).where(Call.came_at >= start).group_by("hour", "verdict")
