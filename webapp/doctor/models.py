"""How many findings the doctor had last."""

from datetime import datetime

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
