"""What the job runner does for live rooms, beside the sweep."""

import uuid
from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db, utcnow
from webapp.core.due import NotYet
from webapp.live import reconcile
from webapp.rooms.models import Room
from webapp.rules.problems import Problem

LEFT_AFTER = timedelta(seconds=2)  # whoever makes a mark looks at once
BATCH = 200
GIVE_UP = 5


def follow(room_id: str) -> None:
    """Make LiveKit follow a room where that has just failed. Commits.

    Raises NotYet with what keeps it, to be tried again.
    """
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is None:
        return
    reconcile.now(room)
    if room.reconcile_at is not None:
        raise NotYet(Problem.parse(room.rule_problem).code or "not_yet")


def follow_marked() -> None:
    """Look at rooms whose mark nobody has taken away for some seconds: whoever was at it died, or LiveKit failed.

    Commits room by room. Once LiveKit did not answer for several in a row the rest waits for the next round.
    """
    left = sa.select(Room.id).where(Room.reconcile_at <= utcnow() - LEFT_AFTER).order_by(Room.reconcile_at).limit(BATCH)
    with db.reader.connect() as connection:
        room_ids = connection.scalars(left).all()
    unanswered = 0
    for room_id in room_ids:
        room = db.session.get(Room, room_id)
        db.session.commit()
        if room is None:
            continue
        reconcile.if_marked(room)
        unanswered = unanswered + 1 if Problem.parse(room.rule_problem).code == "unavailable" else 0
        if unanswered >= GIVE_UP:
            return


def end_old_pin(room_id: str) -> None:
    """The time of a PIN that was replaced is over: take its rule away. Commits."""
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is not None:
        reconcile.forget_old_pin(room)
        reconcile.now(room)
