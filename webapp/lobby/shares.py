"""How much of a room's lobby one address and one network may take, so that nobody shuts the door for all others."""

import uuid
from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.lobby.models import Entry, RefusedAddress, Status
from webapp.lobby.sources import Source

ALWAYS = 10  # seats that one address may hold in a lobby however small
MINUTE = timedelta(minutes=1)
MOST_ADDRESSES = 20  # that a room remembers of those refused; a flood from many is one line, under no name
FORGOTTEN = timedelta(hours=1)


def spent(room_id: uuid.UUID, source: Source) -> bool:
    """Whether the address or its network has what it may have; the caller holds the room's queue.

    Only those count who are not signed in.
    """
    since = utcnow() - MINUTE
    waits, here = Entry.status == Status.WAITING, Entry.asked_from == source.address
    counted = sa.select(
        sa.func.count().filter(waits, here),
        sa.func.count().filter(waits, Entry.network == source.network),
        sa.func.count().filter(here, Entry.asked_at > since),
    ).where(Entry.room_id == room_id, sa.or_(waits, Entry.decided_at > since))
    held, around, lately = db.session.execute(counted).one()
    return bool(
        held >= _seats(settings.lobby_address_percent)
        or around >= _seats(settings.lobby_network_percent)
        or lately >= settings.lobby_minute_limit
    )


def _seats(percent: int) -> int:
    return max(ALWAYS, settings.lobby_room_limit * percent // 100)


def note(room_id: uuid.UUID, source: Source) -> bool:
    """Count a refusal; tell whether hosts should hear of it now: at the first, and each time as many again came."""
    refusal = db.session.get(RefusedAddress, (room_id, source.address), with_for_update=True)
    if refusal is None:
        many = db.session.scalar(
            sa.select(sa.func.count()).select_from(RefusedAddress).where(RefusedAddress.room_id == room_id)
        )
        name = source.address if (many or 0) < MOST_ADDRESSES else ""
        refusal = db.session.get(RefusedAddress, (room_id, name), with_for_update=True) or _new(room_id, name)
    refusal.count, refusal.last_at = refusal.count + 1, utcnow()
    return refusal.count & (refusal.count - 1) == 0


def _new(room_id: uuid.UUID, name: str) -> RefusedAddress:
    refusal = RefusedAddress(room_id=room_id, asked_from=name, count=0)
    db.session.add(refusal)
    return refusal
