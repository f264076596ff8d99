"""What changes rooms by the clock."""

from webapp.core.db import db, utcnow
from webapp.rooms.models import PhonePin, RoomCallback


def purge_pins() -> int:
    """Free the PINs whose quarantine is over; returns how many. Commits."""
    return db.purge(PhonePin, PhonePin.blocked_until <= utcnow())


def purge_callbacks() -> int:
    """Forget the callbacks that nobody fetched in time; returns how many."""
    return db.purge(RoomCallback, RoomCallback.expires_at <= utcnow())
