"""Work off due work: each piece claimed by one worker, tried again with growing pauses, given up in the open."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from webapp.core.db import db, utcnow
from webapp.core.due import DueWork, NotYet

log = structlog.get_logger()

Handler = Callable[..., None]
CLAIM = timedelta(minutes=5)  # a worker that dies lets go after this long
PAUSES = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200)]

DONE = Counter("frontdesk_due_work_total", "Pieces of due work by kind and result", ["kind", "result"])


def open_work() -> sa.Select[DueWork]:
    """What is neither done nor given up."""
    return sa.select(DueWork).where(DueWork.done_at.is_(None), DueWork.gave_up_at.is_(None))


def run(work_id: uuid.UUID, handlers: Mapping[str, Handler]) -> bool:
    """Do one piece of work if it is due and nobody else does it; False when there was nothing to do.

    The claim moves `due_at` ahead, so a worker that is killed leaves the work to the sweep. A handler gets the payload
    as keyword arguments, commits itself, and raises when the work must be tried again.
    """
    work = _claim(work_id)
    if work is None:
        return False
    try:
        handlers[work.kind](**work.payload)
    except Exception as error:  # whatever went wrong, the work stays recorded
        db.session.rollback()
        _failed(work, error)
    else:
        work.done_at, work.problem = utcnow(), ""
        db.session.add(work)
        DONE.labels(work.kind, "done").inc()
    db.session.commit()
    return True


def run_due(handlers: Mapping[str, Handler], limit: int = 100) -> int:
    """Do what is due, oldest first, at most `limit` pieces; returns how many were tried."""
    due = open_work().with_only_columns(DueWork.id).where(DueWork.due_at <= utcnow())
    ids = db.session.scalars(due.order_by(DueWork.due_at).limit(limit)).all()
    db.session.commit()
    return sum(run(work_id, handlers) for work_id in ids)


def retry(work_id: uuid.UUID) -> bool:
    """Make given-up work due again; False when it is not given up."""
    again = sa.update(DueWork).where(DueWork.id == work_id, DueWork.gave_up_at.is_not(None))
    values = {"gave_up_at": None, "attempts": 0, "due_at": utcnow()}
    return bool(db.session.execute(again.values(**values)).rowcount)  # type: ignore[attr-defined]


def purge(keep: timedelta = timedelta(days=7)) -> None:
    """Forget work done long ago. Commits."""
    db.purge(DueWork, DueWork.done_at < utcnow() - keep)


def _claim(work_id: uuid.UUID) -> DueWork | None:
    now = utcnow()
    mine = sa.update(DueWork).where(
        DueWork.id == work_id, DueWork.done_at.is_(None), DueWork.gave_up_at.is_(None), DueWork.due_at <= now
    )
    values: dict[str, Any] = {"due_at": now + CLAIM, "attempts": DueWork.attempts + 1}
    taken = db.session.execute(mine.values(**values)).rowcount  # type: ignore[attr-defined]
    work = db.session.get(DueWork, work_id, populate_existing=True) if taken else None
    db.session.commit()
    return work


def _failed(work: DueWork, error: Exception) -> None:
    # an exception's text may hold what must not be kept
    work.problem = error.reason if isinstance(error, NotYet) else type(error).__name__
    log.warning("due_work.failed", kind=work.kind, work_id=str(work.id), error=work.problem, attempts=work.attempts)
    if work.attempts > len(PAUSES):
        work.gave_up_at = utcnow()
        DONE.labels(work.kind, "gave_up").inc()
    else:
        work.due_at = utcnow() + PAUSES[work.attempts - 1]
        DONE.labels(work.kind, "failed").inc()
    db.session.add(work)
