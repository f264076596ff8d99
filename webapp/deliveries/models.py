"""Received hooks."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, choice, partial_index, utcnow


class Result(enum.Enum):
    """What became of a delivery."""

    STORED = "stored"  # not worked off yet
    PROCESSED = "processed"
    OUTDATED = "outdated"  # older than what was applied: recorded, reconcile decided
    UNKNOWN_EVENT = "unknown_event"
    FOREIGN_ROOM = "foreign_room"
    FAILED = "failed"  # tried again by the sweep


UNHANDLED = (Result.STORED, Result.FAILED)
UNHANDLED_ROWS = "result IN ('stored', 'failed')"  # the same as the index says it: a bound value finds no index


class Delivery(Model):
    """One hook: the id orders arrivals; `body` is redacted and is let go after processing of old ones."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("ix_deliveries_room_id_id", "room_id", "id"),
        sa.Index("ix_deliveries_event_and_id", "event", "id"),
        partial_index("ix_deliveries_stored", "id", where=UNHANDLED_ROWS),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(128), unique=True)
    source: Mapped[str] = mapped_column(sa.String(16), default="livekit")
    event: Mapped[str] = mapped_column(sa.String(64))
    room_id: Mapped[uuid.UUID | None]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]  # by the sender's clock, whole seconds
    received_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    processed_at: Mapped[datetime | None]
    result: Mapped[Result] = mapped_column(choice(Result), default=Result.STORED)
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    repeats: Mapped[int] = mapped_column(default=0)
