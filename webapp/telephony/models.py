"""What Frontdesk keeps of trunks and calls; the trunks and rules themselves live in LiveKit."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Keyed, Model, choice, utcnow


class Trunk(Model):
    """Our side of a LiveKit inbound trunk: open to new rooms or not, its name when LiveKit is away, its guard rule."""

    __tablename__ = "trunks"

    sip_trunk_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")  # first called number, shown with a room's PIN
    assignable: Mapped[bool] = mapped_column(default=True)
    room_count: Mapped[int] = mapped_column(default=0)  # kept by room creation, so that choosing a trunk costs no count
    guard_rule_id: Mapped[str | None] = mapped_column(sa.String(64))
    guard_problem: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)
    gone_at: Mapped[datetime | None]  # LiveKit no longer lists it


class Outcome(enum.Enum):
    """How a caller's visit stands."""

    INSIDE = "inside"
    ENDED = "ended"
    NO_CALLER_NUMBER = "no_caller_number"  # ended in the guard's room and was removed


class Call(Keyed, Model):
    """One visit by phone, known by LiveKit's sip.callID; no number is kept."""

    __tablename__ = "calls"
    __table_args__ = (sa.Index("ix_calls_came_at_id", "came_at", "id"),)

    sip_call_id: Mapped[str] = mapped_column(sa.String(128), unique=True)
    room_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    trunk_id: Mapped[str] = mapped_column(sa.String(64), default="")
    participant_sid: Mapped[str] = mapped_column(default="")
    came_at: Mapped[datetime] = mapped_column(default=utcnow)
    left_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome), default=Outcome.INSIDE)
    end_reason: Mapped[str] = mapped_column(default="")
