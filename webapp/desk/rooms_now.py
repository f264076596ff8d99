"""What happens in all rooms now, as staff see it: so many rows at most, and no name of anybody inside or waiting."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.calls.models import Call
from webapp.core import counting
from webapp.core.counting import Tally
from webapp.core.db import db
from webapp.core.planning import PLANNED_ANEW
from webapp.desk.queries import SHOWN
from webapp.lobby.models import Entry
from webapp.lobby.queries import waits
from webapp.recordings.models import RUNNING_STATES, Recording
from webapp.recordings.states import State
from webapp.rooms.models import Room

MOST = 1000  # people waiting that are looked at, and the most that is counted of anything


@dataclass(frozen=True)
class RoomNow:
    """A room that people are in or wait for: how many wait, and since when the first of them."""

    room: Room
    recording: State | None
    waiting: int = 0
    since: datetime | None = None


@dataclass(frozen=True)
class Figures:
    """How much goes on in the whole installation."""

    live: Tally
    calls: Tally
    waiting: Tally
    waiting_rooms: Tally


def rooms() -> list[RoomNow]:
    """The rooms that somebody waits for, the longest wait first, then live ones; one more than are shown."""
    waited_for = _waited_for()
    known = {line.room.id for line in waited_for}
    return (waited_for + [line for line in _live() if line.room.id not in known])[: SHOWN + 1]


def figures() -> Figures:
    """How many rooms are live, calls go on and people wait, in one statement."""
    waiting = sa.select(Entry.room_id).join(Entry.room).where(waits(), Room.deleted_at.is_(None))
    selects: dict[str, sa.Select[Any]] = {
        "live": sa.select(Room.id).where(Room.live_since.is_not(None), Room.deleted_at.is_(None)),
        "calls": sa.select(Call.id).where(Call.left_at.is_(None)),
        "waiting": waiting,
        "waiting_rooms": waiting.distinct(),
    }
    return Figures(**counting.up_to(MOST, selects))


def _waited_for() -> list[RoomNow]:
    first = sa.select(Entry.room_id, Entry.asked_at).where(waits()).order_by(Entry.id).limit(MOST).subquery()
    since = sa.func.min(first.c.asked_at).label("since")
    by_room = sa.select(first.c.room_id, sa.func.count().label("waiting"), since).group_by(first.c.room_id).subquery()
    rows = (
        sa.select(Room, Recording.state, by_room.c.waiting, by_room.c.since)
        .join(by_room, by_room.c.room_id == Room.id)
        .outerjoin(Recording, _running())
        .where(Room.deleted_at.is_(None))
        .order_by(by_room.c.since, Room.id)
        .limit(SHOWN + 1)
    )
    return [RoomNow(*row) for row in db.session.execute(rows, execution_options=PLANNED_ANEW)]


def _live() -> list[RoomNow]:
    rows = (
        sa.select(Room, Recording.state)
        .outerjoin(Recording, _running())
        .where(Room.live_since.is_not(None), Room.deleted_at.is_(None))
        .order_by(Room.live_since, Room.id)
        .limit(SHOWN + 1)
    )
    return [RoomNow(*row) for row in db.session.execute(rows, execution_options=PLANNED_ANEW)]


def _running() -> sa.ColumnElement[bool]:
    return sa.and_(Recording.room_id == Room.id, Recording.state.in_(RUNNING_STATES))
