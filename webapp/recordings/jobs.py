"""What the clock and due work do to recordings."""

import uuid

from webapp.db import db
from webapp.recordings import service
from webapp.recordings.models import Recording


def delete(recording_id: str) -> None:
    """Remove a recording that somebody asked to delete; raises OSError while the store is away, to be tried again."""
    recording = db.session.get(Recording, uuid.UUID(recording_id))
    if recording is not None and recording.deleting_at is not None:
        service.remove(recording)
