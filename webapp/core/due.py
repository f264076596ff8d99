"""Due work: what must happen outside a request, recorded in the transaction that wants it.

The row is the truth, and runners look at the rows again and again; being told only makes them look sooner.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import String

from webapp.core.db import Keyed, Model, db, partial_index, utcnow

RUNNER = "frontdesk.runner"
PENDING = "due_work"


class NotYet(Exception):
    """The work is to be tried again; `reason` is a code without anything personal, and is kept with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IncompleteError(Exception):
    """Some of the work could not be done; the rest was."""


class RunnerProtocol(Protocol):
    """Who does what is due, here or in another process; nobody who tells it waits for it."""

    def look_soon(self) -> None:
        """Some work was committed."""

    def run_soon(self, job: str) -> None:
        """Let a job of the clock be due now; asked often before it begins, it runs once. Commits."""


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

    Once the transaction is committed the runner is told, so that the work begins at its time and not a little later.
    """
    work = DueWork(kind=kind, payload=payload, due_at=db.clock(after.total_seconds()))
    db.session.add(work)
    db.session.flush()
    changed()
    return work


def changed() -> None:
    """The running transaction makes work due: the runner is told of it after the commit."""
    db.session.info[PENDING] = True


def run_soon(job: str) -> None:
    """Let a job of the clock run its round now, once for all who ask before it begins. Commits."""
    runner: RunnerProtocol = current_app.extensions[RUNNER]
    runner.run_soon(job)


@event.listens_for(Session, "after_commit")
def _tell_runner(session: Session) -> None:
    if session.info.pop(PENDING, False):
        runner: RunnerProtocol = current_app.extensions[RUNNER]
        runner.look_soon()


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop(PENDING, None)
