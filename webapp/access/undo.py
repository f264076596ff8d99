"""A change of who has access can be undone: by whoever made it, for ten seconds, while nothing changed it since.

All rows of a transfer, a removal or a leave are closed or opened at one moment, by which they are found. What undoes it
names one of them by id, signed for this purpose alone; whose it was and when is read from the row. No right to the room
is asked for: whoever left has none, and undoing gives nobody more than they had.
"""

import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.core import signed_ids
from webapp.core.db import db, utcnow
from webapp.rooms.models import Access, Room, is_open

UNDO = timedelta(seconds=10)


class UndoKind(enum.Enum):
    """What can be undone: the audit action that undoes it, and the purpose that its token is signed for."""

    TRANSFER = "access.undo_transfer"
    REVOKE = "access.undo_revoke"
    LEAVE = "access.undo_leave"


@dataclass(frozen=True)
class Undoable:
    """What was done: the roles that it opened, and those that it closed."""

    kind: UndoKind
    opened: Sequence[Access]
    closed: Sequence[Access]

    @property
    def key(self) -> uuid.UUID:
        """The row that names it."""
        return (*self.opened, *self.closed)[0].id

    @property
    def room(self) -> Room:
        """The room that it was done in."""
        return self.closed[0].room

    @property
    def until(self) -> datetime:
        """When it can't be undone any more."""
        return (self.closed[0].revoked_at or utcnow()) + UNDO


def token(made: Undoable) -> str:
    """What stands for it in the form that undoes it."""
    return signed_ids.sign(made.key, made.kind.value)


def read(given: str) -> tuple[UndoKind, uuid.UUID] | None:
    """What is meant; None for a token that we did not make, or made for something else."""
    for kind in UndoKind:
        if key := signed_ids.read(given, kind.value):
            return kind, key
    return None


def hold_room(key: uuid.UUID) -> None:
    """Hold the room's row until the commit, as every change of its access does."""
    mine = sa.select(Access.room_id).where(Access.id == key).scalar_subquery()
    db.session.execute(sa.select(Room.id).where(Room.id == mine).with_for_update())


def undoable(kind: UndoKind, key: uuid.UUID, by: uuid.UUID | None) -> Undoable | None:
    """What it was, while this person may still undo it; sure only while the room's row is locked."""
    first = db.session.scalar(_rows(Access.id == key))
    if first is None or first.room.deleted_at is not None:
        return None
    transfer = kind is UndoKind.TRANSFER
    at, doer = (first.granted_at, first.granted_by_id) if transfer else (first.revoked_at, first.revoked_by_id)
    if at is None or doer != by or at <= utcnow() - UNDO:
        return None
    touched = [Access.room_id == first.room_id, sa.or_(Access.granted_at >= at, Access.revoked_at >= at)]
    if not transfer:
        touched.append(Access.user_id == first.user_id)
    rows = db.session.scalars(_rows(*touched)).all()
    opened = [row for row in rows if row.granted_at == at and row.revoked_at is None]
    closed = [row for row in rows if row.revoked_at == at]
    whole = len(opened) + len(closed) == len(rows) and len(opened) == (len(closed) if transfer else 0)
    if not whole or any(row.user.forgotten_at for row in closed) or _has_another(opened, closed):
        return None
    return Undoable(kind, opened, closed)


def _has_another(opened: Sequence[Access], closed: Sequence[Access]) -> bool:
    """One of them has a role by now that came by another way, such as an address that became theirs."""
    people, mine = [row.user_id for row in closed], [row.id for row in opened]
    others = sa.select(Access.id).where(Access.room_id == closed[0].room_id, Access.user_id.in_(people))
    return db.session.scalar(others.where(is_open(Access), Access.id.not_in(mine)).limit(1)) is not None


def _rows(*which: sa.ColumnElement[bool]) -> sa.Select[Access]:
    """The rows, with what is said of them."""
    rows = sa.select(Access).where(*which).order_by(Access.id)
    return rows.options(joinedload(Access.user), joinedload(Access.room))
