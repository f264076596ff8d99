"""The book of calls: visits by phone under pseudonyms; no number is kept."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, partial_index, utcnow


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
        sa.Index("ix_calls_trunk_id_came_at", "trunk_id", "came_at"),
        sa.Index("ix_calls_verdicts", "came_at", "outcome", "hold", "left_at"),  # all that counting them reads
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
    # A keyed pseudonym; empty where no number was shown.
    caller: Mapped[str] = mapped_column(sa.String(32), default="", server_default="")
    ending: Mapped[str] = mapped_column(sa.String(2), default="", server_default="")  # the number's last two digits
    # By which the others inside know a caller whose phone number is hidden; of one session of LiveKit's room.
    meeting_number: Mapped[int | None]
    meeting_sid: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
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
