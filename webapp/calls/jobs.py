"""What changes the book of calls by the clock."""

from datetime import timedelta

from webapp.calls import pseudonyms
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.core.settings import settings


def rotate_caller_keys() -> None:
    """Give callers new pseudonyms when their key is old, and destroy the one before. Commits."""
    pseudonyms.rotate(utcnow())
    db.session.commit()


def purge_calls() -> int:
    """Forget the calls that are older than the setting allows; returns how many. Commits."""
    return db.purge(Call, Call.came_at < utcnow() - timedelta(days=settings.calls_keep_days))
