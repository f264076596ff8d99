"""How long somebody may be silent and still waits: a guest's place is kept by polls, and not each is written down."""

from datetime import datetime, timedelta

from webapp.core.db import utcnow
from webapp.core.settings import settings

POLL_WRITTEN = timedelta(seconds=10)  # at most this often a guest's poll is written down


def silent_since() -> datetime:
    """Guests who were last heard of before this have gone: a poll may be as much older than what is written of it."""
    return utcnow() - _patience()


def silent_at(polled_at: datetime) -> datetime:
    """When a guest who was last heard of at that time will have gone."""
    return polled_at + _patience()


def _patience() -> timedelta:
    return timedelta(seconds=settings.lobby_waiting_seconds) + POLL_WRITTEN
