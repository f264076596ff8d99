"""What Frontdesk keeps of trunks and calls; the trunks and rules themselves live in LiveKit."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, partial_index, utcnow
from webapp.rooms.models import Trunk

__all__ = [
    "Call",
    "CallerKey",
    "Diagnosis",
    "Hold",
    "MoveState",
    "Moved",
    "MovedRoom",
    "Outcome",
    "Probe",
    "Trunk",
    "TrunkMove",
]


class Outcome(enum.Enum):
    """How a caller's visit stands."""

    INSIDE = "inside"
    ENDED = "ended"
    NO_CALLER_NUMBER = "no_caller_number"  # ended in the guard's room and was removed


class Hold(enum.Enum):
    """How a caller stands to the lobby."""

    FREE = "free"  # the room was open to all when the call came, or was opened while it waited
    HELD = "held"  # waits: neither hears nor is heard
    ADMITTED = "admitted"
    DENIED = "denied"
    UNHELD = "unheld"  # had to wait, but LiveKit could not give the floor back: came in
    TURNED_AWAY = "turned_away"  # had to wait, but LiveKit could not give the floor back, or too many did: sent away


class Call(Keyed, Model):
    """One visit by phone, known by LiveKit's sip.callID; no number is kept, only a pseudonym that a key made of it."""

    __tablename__ = "calls"
    __table_args__ = (
        sa.Index("ix_calls_came_at_id", "came_at", "id"),
        partial_index("ix_calls_caller", "caller", "id", where="caller <> ''"),
        partial_index("ix_calls_inside", "participant_sid", where="left_at IS NULL"),
        partial_index("ix_calls_hold_ms", "id", where="hold_ms IS NOT NULL"),
    )

    sip_call_id: Mapped[str] = mapped_column(sa.String(128), unique=True)
    room_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    trunk_id: Mapped[str] = mapped_column(sa.String(64), default="")
    participant_sid: Mapped[str] = mapped_column(default="")
    came_at: Mapped[datetime] = mapped_column(default=utcnow)
    left_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome), default=Outcome.INSIDE)
    end_reason: Mapped[str] = mapped_column(default="")
    caller: Mapped[str] = mapped_column(sa.String(32), default="")  # keyed pseudonym; empty where no number was shown
    ending: Mapped[str] = mapped_column(sa.String(2), default="")  # the last two digits of the number
    hold: Mapped[Hold | None] = mapped_column(choice(Hold))  # None: not decided yet
    held_at: Mapped[datetime | None]
    muted_at: Mapped[datetime | None]  # we muted the caller then, and have not given the floor back
    hold_ms: Mapped[int | None]  # from the hook that told of the caller's voice to LiveKit's word that it is muted
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))

    decided_by: Mapped[User | None] = relationship(lazy="raise")


class CallerKey(Model):
    """The random half of the key that makes pseudonyms; once it is deleted no pseudonym leads back to a number."""

    __tablename__ = "caller_keys"

    id: Mapped[int] = mapped_column(primary_key=True)  # the day from which it is used, in days since 1970
    secret: Mapped[str] = mapped_column(sa.String(64))


class Probe(Model):
    """What LiveKit was found to do or to refuse, and when that was found out."""

    __tablename__ = "probes"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    works: Mapped[bool]
    learnt_at: Mapped[datetime] = mapped_column(default=utcnow)


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


class Diagnosis(Model):
    """How many findings the doctor had last, by severity, and when; one row."""

    __tablename__ = "diagnoses"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    read_at: Mapped[datetime] = mapped_column(default=utcnow)
    outages: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    notes: Mapped[int] = mapped_column(default=0)

    @property
    def count(self) -> int:
        """All findings but the notes, of which nobody needs to do anything."""
        return self.outages + self.errors + self.warnings
