"""Periodic jobs and their last runs."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, utcnow

FORGOTTEN = timedelta(minutes=10)  # a run that takes longer is taken for dead


class PeriodicJob(Model):
    """A job of the clock; a run is claimed by moving `next_at`, so that many workers run it once."""

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
    def is_running(self) -> bool:
        """It began and has not ended; a process that died in it is forgotten after a while."""
        if self.started_at is None or (self.ended_at is not None and self.ended_at >= self.started_at):
            return False
        return self.started_at > utcnow() - FORGOTTEN

    @classmethod
    def running(cls) -> sa.ColumnElement[bool]:
        """The same, as a condition."""
        not_over = sa.or_(cls.ended_at.is_(None), cls.ended_at < cls.started_at)
        return sa.and_(sa.func.coalesce(cls.started_at > utcnow() - FORGOTTEN, sa.false()), not_over)
