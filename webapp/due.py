"""Due work: what must happen outside a request, recorded in the transaction that wants it.

The row is the truth; a queue only makes it sooner, and jobs/ sweeps what the queue lost.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Keyed, Model, db, partial_index, utcnow


class DueWork(Keyed, Model):
    """One piece of work; done when `done_at` is set, given up when `gave_up_at` is."""

    __tablename__ = "due_work"
    __table_args__ = (partial_index("ix_due_work_open", "due_at", where="done_at IS NULL AND gave_up_at IS NULL"),)

    kind: Mapped[str] = mapped_column(sa.String(64))  # such as lobby.announce
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    due_at: Mapped[datetime] = mapped_column(default=utcnow)
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]


def add(kind: str, *, after: timedelta = timedelta(0), **payload: str | int | None) -> uuid.UUID:
    """Record work of a kind in the running transaction; the payload holds ids, nothing personal."""
    work = DueWork(kind=kind, payload=payload, due_at=utcnow() + after)
    db.session.add(work)
    db.session.flush()
    return work.id
