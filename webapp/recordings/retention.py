"""How long a recording is kept: pure rules over times."""

import enum
from datetime import date, datetime, timedelta, tzinfo

from webapp.core.times import midnight

LONGEST_DAYS = 36_500
PRESETS = (7, 30, 90)  # days


class Keeping(enum.Enum):
    """How a recording's end looks from now."""

    PERMANENT = "permanent"
    FAR = "far"
    WEEK = "week"  # within seven days
    TOMORROW = "tomorrow"  # within a day
    EXPIRED = "expired"


def expires_at(stored_at: datetime | None, days: int | None) -> datetime | None:
    """When a recording expires: whole days after its object was written; None for permanent or not yet stored."""
    return None if stored_at is None or days is None else stored_at + timedelta(days=days)


def days_through(day: date, zone: tzinfo, stored_at: datetime) -> int:
    """The least whole number of days, at least 1, that keeps what was stored then until the day is over in the zone."""
    end = midnight(day + timedelta(days=1), zone)
    return max(1, -((stored_at - end) // timedelta(days=1)))


def allowed(days: int | None, longest: int) -> bool:
    """So many days, or for ever (None), are within the installation's longest time (0: there is none)."""
    return longest == 0 or (days is not None and days <= longest)


def expired(moment: datetime | None, now: datetime) -> bool:
    """The moment itself is already too late."""
    return moment is not None and now >= moment


def keeping(moment: datetime | None, now: datetime) -> Keeping:
    """Which warning a recording needs."""
    if moment is None:
        return Keeping.PERMANENT
    if expired(moment, now):
        return Keeping.EXPIRED
    left = moment - now
    if left <= timedelta(days=1):
        return Keeping.TOMORROW
    return Keeping.WEEK if left <= timedelta(days=7) else Keeping.FAR
