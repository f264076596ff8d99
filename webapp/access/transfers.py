"""A transfer that was just made can be taken back: by whoever made it, for ten seconds, while no role changed since.

All rows of a transfer are closed or opened at one moment, by which they are found. What undoes it names one of them by
id, signed for this purpose alone; whose transfer it was and when is read from the row.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.core import signed_ids
from webapp.core.db import db, utcnow
from webapp.rooms.models import Access, Room

UNDO = timedelta(seconds=10)
PURPOSE = "access.undo_transfer"


@dataclass(frozen=True)
class Transfer:
    """What a transfer did: the roles that it opened, and those that it closed."""

    opened: Sequence[Access]
    closed: Sequence[Access]

    @property
    def key(self) -> uuid.UUID:
        """The row that names it."""
        return self.opened[0].id


def token(key: uuid.UUID) -> str:
    """What stands for a transfer in the form that undoes it."""
    return signed_ids.sign(key, PURPOSE)


def read(given: str) -> uuid.UUID | None:
    """Which transfer is meant; None for a token that we did not make, or made for something else."""
    return signed_ids.read(given, PURPOSE)


def undoable(room: Room, key: uuid.UUID, by: uuid.UUID | None) -> Transfer | None:
    """The transfer, while this person may still take it back; sure only while the room's row is locked."""
    first = db.session.scalar(sa.select(Access).where(Access.id == key, Access.room_id == room.id))
    if first is None or first.granted_by_id != by or first.granted_at <= utcnow() - UNDO:
        return None
    at = first.granted_at
    since = sa.select(Access).where(Access.room_id == room.id, sa.or_(Access.granted_at >= at, Access.revoked_at >= at))
    rows = db.session.scalars(since.order_by(Access.id).options(joinedload(Access.user))).all()
    opened = [row for row in rows if row.granted_at == at and row.revoked_at is None]
    closed = [row for row in rows if row.revoked_at == at]
    whole = len(opened) + len(closed) == len(rows) and len(opened) == len(closed)
    return Transfer(opened, closed) if whole else None
