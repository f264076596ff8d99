"""What the job runner does for telephony, beside the sweep."""

import uuid
from datetime import timedelta

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.livekit.errors import LiveKitUnavailable
from webapp.rooms.models import Room
from webapp.telephony import callers, reconcile
from webapp.telephony.models import Call


def follow(room_id: str) -> None:
    """Make LiveKit follow a room where that has just failed. Commits.

    Raises LiveKitUnavailable to be tried again while it fails.
    """
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is None:
        return
    reconcile.now(room)
    if room.reconcile_at is not None:
        raise LiveKitUnavailable("not_yet")


def end_old_pin(room_id: str) -> None:
    """The time of a PIN that was replaced is over: take its rule away. Commits."""
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is not None:
        reconcile.forget_old_pin(room)
        reconcile.now(room)


def rotate_caller_keys() -> None:
    """Give callers new pseudonyms when their key is old, and destroy the one before. Commits."""
    callers.rotate(utcnow())
    db.session.commit()


def purge_calls() -> int:
    """Forget the calls that are older than the setting allows; returns how many. Commits."""
    return db.purge(Call, Call.came_at < utcnow() - timedelta(days=settings.calls_keep_days))
