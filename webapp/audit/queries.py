"""What is read of the trail."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.audit.models import AuditEntry, Outcome
from webapp.core import paging
from webapp.core.db import db

ORDER = paging.by_number(AuditEntry.id, lambda entry: entry.id)


@dataclass(frozen=True)
class Wish:
    """What a reader of the trail asked for; days are the reader's own."""

    action: str = ""
    user_id: uuid.UUID | None = None
    room_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None

    def query(self) -> dict[str, str]:
        """The query string that asks for this."""
        words = {
            "action": self.action,
            "person": self.user_id,
            "room": self.room_id,
            "since": self.since,
            "until": self.until,
        }
        return {name: str(word) for name, word in words.items() if word}


def select(wish: Wish, zone: tzinfo) -> sa.Select[AuditEntry]:
    """The entries asked for, in no order, with who did them."""
    entries = sa.select(AuditEntry).options(joinedload(AuditEntry.user))
    if wish.action:
        entries = entries.where(AuditEntry.action == wish.action)
    if wish.user_id:
        entries = entries.where(AuditEntry.user_id == wish.user_id)
    if wish.room_id:
        entries = entries.where(AuditEntry.room_id == wish.room_id)
    if wish.since:
        entries = entries.where(AuditEntry.at >= _midnight(wish.since, zone))
    if wish.until:
        entries = entries.where(AuditEntry.at < _midnight(wish.until + timedelta(days=1), zone))
    return entries


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def page(wish: Wish, at: paging.Place, zone: tzinfo) -> paging.Page[AuditEntry]:
    """One page of the trail, newest first."""
    return paging.turn(_execute, select(wish, zone), ORDER, at)


def _execute(entries: sa.Select[Any]) -> Sequence[AuditEntry]:
    return db.session.scalars(entries).all()


def newest_of_room(room_id: uuid.UUID, count: int) -> Sequence[AuditEntry]:
    """The newest deeds of a room."""
    entries = sa.select(AuditEntry).where(AuditEntry.room_id == room_id).options(joinedload(AuditEntry.user))
    return db.session.scalars(entries.order_by(AuditEntry.id.desc()).limit(count)).all()


def last_of_room(room_id: uuid.UUID, action: str) -> AuditEntry | None:
    """The last time that something was done to a room, with who did it."""
    entries = sa.select(AuditEntry).where(AuditEntry.room_id == room_id, AuditEntry.action == action)
    return db.session.scalar(entries.options(joinedload(AuditEntry.user)).order_by(AuditEntry.id.desc()).limit(1))


def last_done(target_id: str, *actions: str) -> AuditEntry | None:
    """The last time that one of these was done to a target, with who did it; what failed was not done."""
    mine = sa.select(AuditEntry).where(AuditEntry.target_id == target_id, AuditEntry.action.in_(actions))
    done = mine.where(AuditEntry.outcome == Outcome.DONE).options(joinedload(AuditEntry.user))
    return db.session.scalar(done.order_by(AuditEntry.id.desc()).limit(1))


def people(entries: Iterable[AuditEntry]) -> set[uuid.UUID]:
    """Whom deeds were done to."""
    return {uuid.UUID(entry.details["person"]) for entry in entries if entry.details.get("person")}


def actions() -> Sequence[str]:
    """The actions that the trail holds, found by skipping along their index."""
    first = sa.select(sa.func.min(AuditEntry.action).label("action")).cte("actions", recursive=True)
    beyond = sa.select(sa.func.min(AuditEntry.action)).where(AuditEntry.action > first.c.action).scalar_subquery()
    every = first.union_all(sa.select(beyond).where(first.c.action.is_not(None)))
    return db.session.scalars(sa.select(every.c.action).where(every.c.action.is_not(None))).all()
