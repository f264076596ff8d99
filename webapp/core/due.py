"""Due work: what must happen outside a request, recorded in the transaction that wants it.

The row is the truth; a queue only makes it sooner, and jobs/ sweeps what the queue lost.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import String

from webapp.core.db import Keyed, Model, db, partial_index, utcnow

Sooner = Callable[[uuid.UUID, datetime], None]
QUEUE = "frontdesk.sooner"  # the extension that tells a queue, where one runs
PENDING = "due_work"


class NotYet(Exception):
    """The work is to be tried again; `reason` is a code without anything personal, and is kept with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DueWork(Keyed, Model):
    """One piece of work; done when `done_at` is set, given up when `gave_up_at` is."""

    __tablename__ = "due_work"
    __table_args__ = (
        partial_index("ix_due_work_open", "due_at", where="done_at IS NULL AND gave_up_at IS NULL"),
        partial_index("ix_due_work_gave_up", "gave_up_at", where="gave_up_at IS NOT NULL"),
    )

    kind: Mapped[str] = mapped_column(String(64))  # such as lobby.announce
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    due_at: Mapped[datetime] = mapped_column(default=utcnow)
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]


def add(kind: str, *, after: timedelta = timedelta(0), **payload: str | int | None) -> DueWork:
    """Record work of a kind in the running transaction; the payload holds ids, nothing personal.

    Once the transaction is committed the queue is told, so that the work need not wait for the sweep.
    """
    work = DueWork(kind=kind, payload=payload, due_at=utcnow() + after)
    db.session.add(work)
    db.session.flush()
    db.session.info.setdefault(PENDING, []).append((work.id, work.due_at))
    return work


@event.listens_for(Session, "after_commit")
def _tell_queue(session: Session) -> None:
    pending = session.info.pop(PENDING, ())
    sooner: Sooner | None = current_app.extensions.get(QUEUE) if pending else None
    if sooner is not None:
        for work_id, due_at in pending:
            sooner(work_id, due_at)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop(PENDING, None)
