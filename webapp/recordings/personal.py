"""What recordings keep about people: who started or stopped them. What was said in a meeting belongs to its room."""

from collections.abc import Iterator

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.core.db import db
from webapp.recordings.models import Recording


def _started(user: User) -> Iterator[Record]:
    rows = db.session.scalars(sa.select(Recording).where(Recording.started_by_id == user.id).order_by(Recording.id))
    for recording in rows:
        yield fields(recording, "id", "room_id", "mode", "state", "created_at", "ended_at", "expires_at")


RECORDINGS = PersonalData({"recordings_started": _started})
