"""Periodic jobs and their last runs."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model


class PeriodicJob(Model):
    """A job of the clock; whoever holds its lease runs it, and begins by moving `next_at`."""

    __tablename__ = "periodic_jobs"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    next_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    runs: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")

    @property
    def is_unfinished(self) -> bool:
        """A run began that has not ended: it is under way while somebody holds the lease, else its process died."""
        return self.started_at is not None and (self.ended_at is None or self.ended_at < self.started_at)
