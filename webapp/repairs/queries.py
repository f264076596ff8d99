"""What is read of runs."""

import uuid
from collections.abc import Iterator, Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.core import paging
from webapp.core.db import db
from webapp.core.paging import Page, Place
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.rooms.models import Room

CSV_PART = 1000  # items read at a time
BY_AGE = paging.by_key(RepairRun.id, lambda run: cast(uuid.UUID, run.id))
BY_POSITION = paging.by_number(RepairItem.position, lambda item: cast(int, item.position), descending=False)


def run(run_id: uuid.UUID) -> RepairRun | None:
    """One run, with who began it."""
    return db.session.get(RepairRun, run_id, options=[joinedload(RepairRun.started_by)], populate_existing=True)


def runs(at: Place) -> Page[RepairRun]:
    """A page of runs, the newest first."""
    chosen = sa.select(RepairRun).options(joinedload(RepairRun.started_by))
    return paging.turn(lambda select: db.session.scalars(select).all(), chosen, BY_AGE, at)


def items(run_id: uuid.UUID, result: ItemResult | None, at: Place) -> Page[RepairItem]:
    """A page of a run's items in their order, all or those of one result."""
    chosen = sa.select(RepairItem).where(RepairItem.run_id == run_id)
    if result is not None:
        chosen = chosen.where(RepairItem.result == result)
    return paging.turn(lambda select: db.session.scalars(select).all(), chosen, BY_POSITION, at)


def every_item(run_id: uuid.UUID) -> Iterator[RepairItem]:
    """All items of a run, read in parts."""
    at = Place(size=CSV_PART)
    while True:
        page = items(run_id, None, at)
        yield from page.rows
        if page.older is None:
            return
        at = Place(after=page.older, size=CSV_PART)


def next_items(run_id: uuid.UUID, limit: int) -> Sequence[RepairItem]:
    """The first items that wait."""
    waiting = sa.select(RepairItem).where(RepairItem.run_id == run_id, RepairItem.result == ItemResult.WAITING)
    return db.session.scalars(waiting.order_by(RepairItem.position).limit(limit)).all()


def open_runs() -> Sequence[uuid.UUID]:
    """Runs that are not at their end, the oldest first."""
    return db.session.scalars(sa.select(RepairRun.id).where(RepairRun.ended_at.is_(None)).order_by(RepairRun.id)).all()


def rooms_of(rows: Sequence[RepairItem]) -> dict[str, Room]:
    """The rooms that items are about, by their id as text."""
    ids = {uuid.UUID(room) for row in rows if (room := row.fact.get("room"))}
    return {str(room.id): room for room in db.session.scalars(sa.select(Room).where(Room.id.in_(ids)))} if ids else {}
