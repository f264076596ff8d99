"""How many findings the doctor had last, and the worst of each room."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, utcnow


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


class RoomFinding(Model):
    """The worst that was found of a room last; `place` is that of its kind among all, worst first.

    `kind` is text: another version beside this one may know kinds that this one does not.
    """

    __tablename__ = "room_findings"
    __table_args__ = (sa.Index("ix_room_findings_place_room_id", "place", "room_id"),)

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    place: Mapped[int]
