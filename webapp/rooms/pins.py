"""Phone PINs: random, unique on their trunk by a database constraint, quarantined when they go."""

import re
import secrets
import uuid
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.matching import LONGEST_PIN
from webapp.rooms.models import PhonePin, Room

TRIES = 5
SHORTEST_PIN = 4
TYPEABLE = re.compile(rf"[0-9]{{{SHORTEST_PIN},{LONGEST_PIN}}}")
COLLISIONS = Counter("frontdesk_pin_collisions", "New PINs that were taken already and were drawn again")
EXHAUSTED = Counter("frontdesk_pins_exhausted", "Times that no try found a free PIN")


class PinsExhausted(Exception):
    """All tries hit PINs that are taken: the namespace is too full."""


def trivial(pin: str) -> bool:
    """People guess runs (123456, also over 9 to 0) and repeated blocks (7777, 121212) first."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeats = any(pin[size:] == pin[:-size] for size in range(1, len(pin) // 2 + 1))
    return repeats or steps in ({1}, {9})


def draw(length: int) -> str:
    """A random PIN: no leading zero, because phone providers drop it, and nothing trivial."""
    while True:
        pin = str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))
        if not trivial(pin):
            return pin


def assign(room: Room) -> None:
    """Give the room, which has none, a PIN that is free on its trunk.

    Insert and see, never look and insert: only the constraint knows. Raises PinsExhausted when five tries all collided.
    """
    for _try in range(TRIES):
        pin = draw(settings.pin_length)
        if take(room.trunk_id, pin, room.id):
            room.pin = pin
            return
        COLLISIONS.inc()
    EXHAUSTED.inc()
    raise PinsExhausted


def take(trunk_id: str, pin: str, room_id: uuid.UUID) -> bool:
    """Take a PIN for a room; False when it is taken or quarantined on that trunk.

    Raises ValueError for what no phone can type: LiveKit would keep it, and every caller would be refused.
    """
    if not TYPEABLE.fullmatch(pin):
        raise ValueError("a PIN is 4 to 16 digits")
    values = {"trunk_id": trunk_id, "pin": pin, "room_id": room_id, "assigned_at": utcnow()}
    try:
        with db.collision_safe():
            db.session.execute(sa.insert(PhonePin).values(values))
    except IntegrityError:
        return False
    return True


def retire(room: Room, *, after: timedelta = timedelta(0)) -> None:
    """Take the room's PIN away and keep it from everybody for the quarantine, so that it reaches no other meeting.

    With `after` it goes on working beside the next one for so long, and the quarantine counts from then. A room
    without a PIN has nothing that could work on.
    """
    if room.pin is None:
        return
    _block(room, room.pin, utcnow() + after)
    if after:
        room.old_pin, room.old_pin_until = room.pin, utcnow() + after
    room.pin = None


def end_old(room: Room) -> None:
    """The PIN before, if one still works, stops now, and its quarantine counts from now."""
    if room.old_pin is not None:
        _block(room, room.old_pin, utcnow())
    room.old_pin = room.old_pin_until = None


def _block(room: Room, pin: str, since: datetime) -> None:
    until = since + timedelta(days=settings.pin_quarantine_days)
    held = sa.update(PhonePin).where(PhonePin.trunk_id == room.trunk_id, PhonePin.pin == pin)
    db.session.execute(held.values(blocked_until=until))
