"""What the job runner does for live rooms, beside the sweep."""

import uuid

from webapp.core.db import db
from webapp.core.due import NotYet
from webapp.live import reconcile
from webapp.rooms.models import Room
from webapp.rules.problems import Problem


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


def end_old_pin(room_id: str) -> None:
    """The time of a PIN that was replaced is over: take its rule away. Commits."""
    room = db.session.get(Room, uuid.UUID(room_id))
    db.session.commit()
    if room is not None:
        reconcile.forget_old_pin(room)
        reconcile.now(room)
