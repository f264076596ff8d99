"""The Date of an HTTP answer as a measure of the other's clock."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from webapp.core.db import utcnow


def skew(date: str, took: timedelta) -> float | None:
    """How many seconds the sender's clock is ahead of ours; None when the text is no date.

    The header has whole seconds (RFC 9110, 6.6.1) and was written about half way of the exchange that has just ended.
    """
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    theirs = (told if told.tzinfo else told.replace(tzinfo=UTC)) + timedelta(seconds=0.5)
    return _seconds(theirs - (utcnow() - took / 2))


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 1)


def ahead(theirs: datetime) -> float:
    """How many seconds a clock that was read just now is ahead of ours."""
    return _seconds(theirs - utcnow())
