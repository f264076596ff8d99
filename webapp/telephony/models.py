"""What Frontdesk keeps of trunks and calls; the trunks and rules themselves live in LiveKit."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Keyed, Model, choice, utcnow
from webapp.rooms.models import Trunk

__all__ = ["Call", "Outcome", "Trunk"]


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
