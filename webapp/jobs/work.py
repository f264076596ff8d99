"""Work off due work: each piece claimed by one worker, tried again with growing pauses, given up in the open."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from webapp.core import due, heartbeat
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork, NotYet
from webapp.core.heartbeat import Claim
from webapp.livekit.errors import code_of

log = structlog.get_logger()

Handler = Callable[..., None]
CLAIM = 10  # seconds, renewed while the work is done: a worker that dies lets go after so long
PAUSES = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200)]
OPEN = sa.and_(DueWork.done_at.is_(None), DueWork.gave_up_at.is_(None))

DONE = Counter("frontdesk_due_work_total", "Pieces of due work by kind and result", ["kind", "result"])


def next_ones(kinds: sa.ColumnElement[bool], limit: int) -> list[tuple[uuid.UUID, float]]:
    """The ids of open work that is due first, and how many seconds from now; only reads."""
    first = sa.select(DueWork.id, DueWork.due_at, db.clock()).where(OPEN, kinds).order_by(DueWork.due_at).limit(limit)
    with db.reader.connect() as connection:
        return [(row[0], (row[1] - row[2]).total_seconds()) for row in connection.execute(first)]


def run(work_id: uuid.UUID, handlers: Mapping[str, Handler]) -> bool:
    """Do one piece of work if it is due and nobody else does it; False when there was nothing to do.

    The claim moves `due_at` a little ahead, again and again, so what a killed worker leaves is soon due. A handler gets
    the payload as keyword arguments, commits itself, and raises when the work must be tried again.
    """
    work = _claim(work_id)
    if work is None:
        return False
    with _claimed(work):
        try:
            handlers[work.kind](**work.payload)
        except Exception as error:  # whatever went wrong, the work stays recorded
            db.session.rollback()
            ended = _failed(work, error)
        else:
            ended = {"done_at": utcnow(), "problem": ""}
            DONE.labels(work.kind, "done").inc()
    db.session.execute(_mine(work).values(**ended))
    db.session.commit()
    return True


def run_due(handlers: Mapping[str, Handler], limit: int = 100) -> int:
    """Do what is due, oldest first, at most `limit` pieces; returns how many were tried."""
    return sum(run(work_id, handlers) for work_id, wait in next_ones(sa.true(), limit) if wait <= 0)


def retry(work_id: uuid.UUID) -> bool:
    """Make given-up work due again; False when it is not given up."""
    again = sa.update(DueWork).where(DueWork.id == work_id, DueWork.gave_up_at.is_not(None))
    values = {"gave_up_at": None, "attempts": 0, "due_at": db.clock()}
    due.changed()
    return bool(db.changed(again.values(**values)))


def purge(keep: timedelta = timedelta(days=7)) -> None:
    """Forget work done long ago. Commits."""
    db.purge(DueWork, DueWork.done_at < utcnow() - keep)


def _claim(work_id: uuid.UUID) -> DueWork | None:
    mine = sa.update(DueWork).where(DueWork.id == work_id, OPEN, DueWork.due_at <= db.clock())
    values: dict[str, Any] = {"due_at": db.clock(CLAIM), "attempts": DueWork.attempts + 1}
    taken = db.changed(mine.values(**values))
    work = db.session.get(DueWork, work_id, populate_existing=True) if taken else None
    db.session.commit()
    return work


def _mine(work: DueWork) -> sa.Update:
    """The row, unless somebody else has claimed it since."""
    mine = sa.update(DueWork).where(DueWork.id == work.id, OPEN, DueWork.attempts == work.attempts)
    return mine.execution_options(synchronize_session=False)


@contextmanager
def _claimed(work: DueWork) -> Iterator[None]:
    claim = Claim(db.engine, _mine(work).values(due_at=db.clock(CLAIM)), CLAIM)
    heartbeat.hold(claim)
    try:
        yield
    finally:
        heartbeat.let_go(claim)


def _failed(work: DueWork, error: Exception) -> dict[str, Any]:
    # an exception's text may hold what must not be kept
    problem = error.reason if isinstance(error, NotYet) else type(error).__name__
    code = error.reason if isinstance(error, NotYet) else code_of(error)
    about = {"kind": work.kind, "work_id": str(work.id), "attempts": work.attempts}  # and the ids in its payload
    log.warning("due_work.failed", code=code, payload=work.payload, **about)
    if work.attempts > len(PAUSES):
        DONE.labels(work.kind, "gave_up").inc()
        return {"problem": problem, "gave_up_at": utcnow()}
    DONE.labels(work.kind, "failed").inc()
    return {"problem": problem, "due_at": db.clock(PAUSES[work.attempts - 1].total_seconds())}
