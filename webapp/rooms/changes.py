"""What others did since a page was drawn: told to whoever comes second, who has overwritten nothing."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.accounts import queries as account_queries
from webapp.audit import queries, sentences
from webapp.audit.models import AuditEntry
from webapp.audit.sentences import Deed
from webapp.core.db import db

TOLD = 5  # deeds at most; the whole trail has a page of its own


def newest(room_id: uuid.UUID, actions: tuple[str, ...], count: int, target_id: object = "") -> list[Deed]:
    """The newest deeds of these kinds in a room, or to one thing of the room, newest first."""
    entries = _of_room(room_id).where(AuditEntry.action.in_(actions))
    if target_id:
        entries = entries.where(AuditEntry.target_id == str(target_id))
    return _told(entries.order_by(AuditEntry.id.desc()).limit(min(count, TOLD)))


def first_since(room_id: uuid.UUID, moment: datetime, kind: str) -> list[Deed]:
    """The deed of a kind (such as access) that was done at a moment which a row keeps; none when it is not told."""
    entries = _of_room(room_id).where(AuditEntry.target_kind == kind, AuditEntry.at >= moment)
    return _told(entries.order_by(AuditEntry.id).limit(1))


def _of_room(room_id: uuid.UUID) -> sa.Select[AuditEntry]:
    return sa.select(AuditEntry).where(AuditEntry.room_id == room_id).options(joinedload(AuditEntry.user))


def _told(entries: sa.Select[AuditEntry]) -> list[Deed]:
    found = db.session.scalars(entries).all()
    return sentences.told(found, account_queries.names(queries.people(found)))
