"""How long a recording is kept: pure rules over times."""

import enum
from datetime import datetime, timedelta

LONGEST_DAYS = 36_500


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
