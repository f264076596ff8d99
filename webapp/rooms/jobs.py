"""What changes rooms by the clock."""

import sqlalchemy as sa

from webapp.db import db, utcnow
from webapp.rooms import pins
from webapp.rooms.models import RoomCallback


def purge_pins() -> int:
    """Free the PINs whose quarantine is over; returns how many."""
    freed = pins.purge(utcnow())
    db.session.commit()
    return freed


def purge_callbacks() -> int:
    """Forget the callbacks that nobody fetched in time; returns how many."""
    gone = db.session.execute(sa.delete(RoomCallback).where(RoomCallback.expires_at <= utcnow()))
    db.session.commit()
    return int(gone.rowcount)  # type: ignore[attr-defined]
