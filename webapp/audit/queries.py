"""What is read of the trail."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.audit import actions
from webapp.audit.models import REQUESTED, AuditEntry, DeedOutcome
from webapp.core import paging
from webapp.core.db import db
from webapp.core.planning import PLANNED_ANEW
from webapp.core.times import midnight

ORDER = paging.by_number(AuditEntry.id, lambda entry: entry.id)
A_YEAR = timedelta(days=365)


def _day(word: str) -> date | None:
    """A day whose midnight exists in every time zone; None for what is none."""
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day if date.min + A_YEAR < day < date.max - A_YEAR else None


@dataclass(frozen=True)
class LogFilters(paging.Filters):
    """What a reader of the trail asked for; days are the reader's own."""

    action: str = paging.asked("action", paging.text(200), "")  # or a group of them
    user_id: uuid.UUID | None = paging.asked("person", paging.key)
    room_id: uuid.UUID | None = paging.asked("room", paging.key)
    since: date | None = paging.asked("since", _day)
    until: date | None = paging.asked("until", _day)
    request_id: str = paging.asked("request", paging.text(64), "")


def select(filters: LogFilters, zone: tzinfo) -> sa.Select[AuditEntry]:
    """The entries asked for, in no order, with who did them."""
    return sa.select(AuditEntry).options(joinedload(AuditEntry.user)).where(*_asked(filters, zone))


def _asked(filters: LogFilters, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    conditions: list[Any] = []
    if filters.action:
        conditions.append(AuditEntry.action.in_(actions.chosen(filters.action)))
    if filters.user_id:
        conditions.append(AuditEntry.user_id == filters.user_id)
    if filters.room_id:
        conditions.append(AuditEntry.room_id == filters.room_id)
    if filters.since:
        conditions.append(AuditEntry.at >= midnight(filters.since, zone))
    if filters.until:
        conditions.append(AuditEntry.at < midnight(filters.until + timedelta(days=1), zone))
    if filters.request_id:  # in the words of the index
        conditions += [AuditEntry.request_id == filters.request_id, sa.text(REQUESTED)]
    return conditions


def one(entry_id: int) -> AuditEntry | None:
    """One entry, with who did it; None for a number that none has, or none can have."""
    if abs(entry_id) > paging.LARGEST:
        return None
    return db.session.get(AuditEntry, entry_id, options=[joinedload(AuditEntry.user)])


def beside(filters: LogFilters, zone: tzinfo, entry_id: int) -> tuple[int | None, int | None]:
    """The entries next to one among those asked for: the newer and the older; None where there is none."""
    ids = sa.select(AuditEntry.id).where(*_asked(filters, zone))
    newer = ids.where(AuditEntry.id > entry_id).order_by(AuditEntry.id).limit(1)
    older = ids.where(AuditEntry.id < entry_id).order_by(AuditEntry.id.desc()).limit(1)
    found = (db.session.scalar(each.execution_options(**PLANNED_ANEW)) for each in (newer, older))
    return next(found), next(found)


def page(filters: LogFilters, at: paging.Place, zone: tzinfo) -> paging.Page[AuditEntry]:
    """One page of the trail, newest first."""
    return turn(select(filters, zone), at)


def turn(entries: sa.Select[AuditEntry], at: paging.Place) -> paging.Page[AuditEntry]:
    """One page of some entries, newest first."""
    return paging.turn(_execute, entries, ORDER, at)


def _execute(entries: sa.Select[Any]) -> Sequence[AuditEntry]:
    return db.session.scalars(entries).all()


def newest_of_room(
    room_id: uuid.UUID, count: int, actions: Collection[str] = (), target_id: object = ""
) -> Sequence[AuditEntry]:
    """The newest deeds of a room, of these kinds, or to one thing of the room, with who did them."""
    entries = _of_room(room_id)
    if actions:
        entries = entries.where(AuditEntry.action.in_(actions))
    if target_id:
        entries = entries.where(AuditEntry.target_id == str(target_id))
    return db.session.scalars(entries.order_by(AuditEntry.id.desc()).limit(count)).all()


def first_of_room(room_id: uuid.UUID, kind: str, since: datetime) -> Sequence[AuditEntry]:
    """The first deed to a kind of thing (such as access) of a room since a moment; none when there is none."""
    entries = _of_room(room_id).where(AuditEntry.target_kind == kind, AuditEntry.at >= since)
    return db.session.scalars(entries.order_by(AuditEntry.id).limit(1)).all()


def last_of_room(room_id: uuid.UUID, action: str) -> AuditEntry | None:
    """The last time that something was done to a room, with who did it."""
    return next(iter(newest_of_room(room_id, 1, [action])), None)


def _of_room(room_id: uuid.UUID) -> sa.Select[AuditEntry]:
    return sa.select(AuditEntry).where(AuditEntry.room_id == room_id).options(joinedload(AuditEntry.user))


def last_done(target_id: str, *actions: str) -> AuditEntry | None:
    """The last time that one of these was done to a target, with who did it; what failed was not done."""
    mine = sa.select(AuditEntry).where(AuditEntry.target_id == target_id, AuditEntry.action.in_(actions))
    done = mine.where(AuditEntry.outcome == DeedOutcome.DONE).options(joinedload(AuditEntry.user))
    return db.session.scalar(done.order_by(AuditEntry.id.desc()).limit(1))


def people(entries: Iterable[AuditEntry]) -> set[uuid.UUID]:
    """Whom deeds were done to."""
    return {uuid.UUID(entry.details["person"]) for entry in entries if entry.details.get("person")}


def rooms(entries: Iterable[AuditEntry]) -> set[uuid.UUID]:
    """The rooms that deeds belong to."""
    return {entry.room_id for entry in entries if entry.room_id}


def held_actions() -> Sequence[str]:
    """The actions that the trail holds, found by skipping along their index."""
    first = sa.select(sa.func.min(AuditEntry.action).label("action")).cte("actions", recursive=True)
    beyond = sa.select(sa.func.min(AuditEntry.action)).where(AuditEntry.action > first.c.action).scalar_subquery()
    every = first.union_all(sa.select(beyond).where(first.c.action.is_not(None)))
    return db.session.scalars(sa.select(every.c.action).where(every.c.action.is_not(None))).all()
