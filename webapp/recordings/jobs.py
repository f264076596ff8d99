"""What the clock and due work do to recordings."""

import uuid
from datetime import timedelta

import sqlalchemy as sa
import structlog

from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.recordings import service
from webapp.recordings.models import Recording
from webapp.recordings.storage import storage

log = structlog.get_logger()

GRACE = timedelta(days=1)  # an owner who notices within a day can still set a longer time
BATCH = 500


def delete(recording_id: str) -> None:
    """Remove a recording that somebody asked to delete; raises OSError while the store is away, to be tried again."""
    recording = db.session.get(Recording, uuid.UUID(recording_id))
    if recording is not None and recording.deleting_at is not None:
        service.remove(recording)


def remove_expired() -> int:
    """Take the files of recordings that expired a while ago; returns how many. Commits one by one.

    A file that cannot be removed now stays for the next hour and does not keep the others.
    """
    if storage().expires_objects:
        return 0
    over = sa.select(Recording).where(
        Recording.expires_at < utcnow() - GRACE, Recording.removed_at.is_(None), Recording.deleting_at.is_(None)
    )
    removed = 0
    for recording in db.session.scalars(over.order_by(Recording.expires_at).limit(BATCH)).all():
        try:
            removed += service.remove_expired(recording, actor=Actor.system())
        except OSError as error:
            log.warning("recording.not_removed", recording=str(recording.id), error=type(error).__name__)
    return removed
