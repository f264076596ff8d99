"""Many who wait, as rows: made at once, without a browser each."""

from datetime import timedelta

from webapp.core.db import db, utcnow
from webapp.lobby.models import Entry, Status
from webapp.rooms.models import Room


def crowd(room: Room, count: int, status: Status = Status.WAITING) -> None:
    """Many requests at once, as rows."""
    ended = utcnow() - timedelta(minutes=5) if status is not Status.WAITING else None
    for number in range(count):
        row = Entry(room_id=room.id, name=f"Guest {number}", identity="x", status=status, decided_at=ended)
        row.bearer_hash = f"{room.id}{status.value}{number}"
        db.session.add(row)
    db.session.commit()
