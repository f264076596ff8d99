"""What happens in the lobby by the clock, and what is told to those inside."""

import json
import uuid
from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db, utcnow
from webapp.livekit import rooms as live_rooms
from webapp.lobby import queries, service, shares
from webapp.lobby.models import Entry, EntryKind, RefusedAddress, Status
from webapp.lobby.silence import silent_since

WAITING = json.dumps({"type": "participantWaiting"}).encode()  # what meeting front ends listen for, without a topic
FORGOTTEN = timedelta(hours=1)  # a guest's name is no longer of use then


def announce(room_id: str) -> None:
    """Tell those inside the live room that somebody waits; nobody inside, or nobody waiting any more, is fine.

    Raises LiveKitError to be tried again, also when a proxy's page came in its place: those come and go.
    """
    anybody = db.session.scalar(
        sa.select(Entry.id).where(Entry.room_id == uuid.UUID(room_id), queries.waits()).limit(1)
    )
    db.session.commit()
    if anybody is None:
        return
    live_rooms.send_data(room_id, WAITING, topic="")


def expire() -> None:
    """Drop those who went silent. Commits, room by room."""
    silent = sa.select(Entry.room_id).where(
        Entry.status == Status.WAITING, Entry.kind == EntryKind.WEB, Entry.polled_at < silent_since()
    )
    rooms = db.session.scalars(silent.distinct()).all()
    db.session.commit()
    for room_id in rooms:
        service.expire(room_id)
        db.session.commit()


def purge() -> None:
    """Forget the names of those who are neither waiting nor inside. Commits."""
    now = utcnow()
    over = sa.and_(Entry.status != Status.ACCEPTED, Entry.decided_at < now - FORGOTTEN)
    inside = sa.and_(Entry.status == Status.ACCEPTED, Entry.decided_at < now - service.ADMITTED - FORGOTTEN)
    db.purge(Entry, sa.or_(over, inside))
    db.purge(RefusedAddress, RefusedAddress.last_at < now - shares.FORGOTTEN)
