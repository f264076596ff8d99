"""Moves of rooms between trunks: what each is to do, and what became of each room."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Keyed, Model, choice, partial_index, utcnow


class MoveState(enum.Enum):
    """How a move of rooms to other trunks stands."""

    RUNNING = "running"
    STOPPED = "stopped"  # by a person
    NOWHERE = "nowhere"  # the trunk went away, or no other one is open
    DONE = "done"


class Moved(enum.Enum):
    """What a move did to one room."""

    KEPT = "kept"  # with the PIN it had
    RENEWED = "renewed"  # its PIN was taken on the other trunk
    FAILED = "failed"


class TrunkMove(Keyed, Model):
    """Rooms that go from a trunk (or from every one) to another (or to whichever open one has fewest), one by one.

    `quota` says how many each trunk still gives away; `after` is the last room looked at of the trunk in turn.
    """

    __tablename__ = "trunk_moves"
    __table_args__ = (partial_index("uq_trunk_moves_running", "state", where="state = 'running'", unique=True),)

    source: Mapped[str] = mapped_column(sa.String(64))  # EVERY, or a trunk's id; empty: rooms without a trunk
    target: Mapped[str] = mapped_column(sa.String(64))  # EVEN, or a trunk's id
    state: Mapped[MoveState] = mapped_column(choice(MoveState), default=MoveState.RUNNING)
    total: Mapped[int]
    kept: Mapped[int] = mapped_column(default=0)
    renewed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    quota: Mapped[dict[str, Any]]
    after: Mapped[str] = mapped_column(sa.String(32), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[datetime | None]
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))

    @property
    def done(self) -> int:
        """How many rooms were looked at."""
        return self.kept + self.renewed + self.failed


class MovedRoom(Model):
    """What a move did to one room, and why it could not."""

    __tablename__ = "moved_rooms"

    move_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("trunk_moves.id", ondelete="CASCADE"), primary_key=True)
    room_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    result: Mapped[Moved] = mapped_column(choice(Moved))
    problem: Mapped[str] = mapped_column(sa.String(64), default="")
    at: Mapped[datetime] = mapped_column(default=utcnow)
