"""Jobs of the clock: whoever holds a job's lease runs it, so each round is run once, and never beside another one.

Rounds are counted from the time at which one was due, by the database's clock, not from when it began.
"""

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError

from webapp.core import leases
from webapp.core.db import db
from webapp.core.leases import Lease
from webapp.jobs.models import PeriodicJob
from webapp.livekit.errors import code_of

log = structlog.get_logger()

RUNS = Counter("frontdesk_job_runs_total", "Runs of periodic jobs by name and result", ["job", "result"])
LEASE = "job:"


class Pool(enum.Enum):
    """Which jobs wait for one another: those of one pool, and none of another's."""

    PROMPT = "prompt"  # somebody waits for what they do
    SWEEPS = "sweeps"  # they ask others, and may take long
    CLEANING = "cleaning"  # one after the other


@dataclass(frozen=True)
class Job:
    """What to run, and how often. The function commits itself; it may run twice and must not mind."""

    name: str
    every: timedelta
    function: Callable[[], object]
    pool: Pool = Pool.SWEEPS


def run_due(job: Job) -> bool:
    """Run a job whose time has come and that runs nowhere; False when there was nothing to do. Commits.

    A run that its process did not survive is repeated as soon as the dead one's lease has run out.
    """
    with leases.held(LEASE + job.name) as mine:
        began = _begin(job) if mine else None
        if began is not None:
            _run(job, began)
    return began is not None


def run_now(job: Job) -> bool:
    """Run a job outside its time, unless it runs already: then its next round begins at once. Commits."""
    wake(job)
    return run_due(job)


def wake(job: Job) -> None:
    """Let the job be due now, and its rounds be counted from here. Commits."""
    _ensure(job)
    later = sa.update(PeriodicJob).where(PeriodicJob.name == job.name, PeriodicJob.next_at > db.clock())
    db.session.execute(later.values(next_at=db.clock()))
    db.session.commit()


def next_ones(jobs: Sequence[Job]) -> list[tuple[Job, float]]:
    """The jobs that run nowhere, and how many seconds from now each is due; only reads."""
    with db.reader.connect() as connection:
        now = connection.scalars(sa.select(db.clock())).one()
        columns = (PeriodicJob.name, PeriodicJob.next_at, _unfinished())
        rows = {name: (next_at, broken) for name, next_at, broken in connection.execute(sa.select(*columns))}
        held = set(connection.scalars(sa.select(Lease.name).where(Lease.name.startswith(LEASE), Lease.is_held())))
    free = [job for job in jobs if LEASE + job.name not in held]
    never = (now, True)
    return [(job, _wait(rows.get(job.name, never), now)) for job in free]


def _wait(row: tuple[datetime, bool], now: datetime) -> float:
    next_at, broken = row
    return 0 if broken else (next_at - now).total_seconds()


def places(names: Iterable[str]) -> dict[str, str]:
    """On which machine, in which process, those of the jobs run that run now."""
    known = {LEASE + name: name for name in names}
    held = db.session.scalars(sa.select(Lease).where(Lease.name.in_(known), Lease.is_held()))
    return {known[lease.name]: lease.place for lease in held}


def is_awaited(name: str) -> bool:
    """The job runs, or begins as soon as somebody looks."""
    soon = sa.select(PeriodicJob.name).where(PeriodicJob.name == name, PeriodicJob.next_at <= db.clock())
    return bool(places([name])) or db.session.scalar(soon) is not None


def _unfinished() -> sa.ColumnElement[bool]:
    """`PeriodicJob.is_unfinished`, as a condition that is never unknown."""
    ended_before = PeriodicJob.ended_at < PeriodicJob.started_at
    return sa.and_(PeriodicJob.started_at.is_not(None), sa.func.coalesce(ended_before, sa.true()))


def _ensure(job: Job) -> None:
    if db.session.get(PeriodicJob, job.name) is None:
        try:
            with db.collision_safe():
                db.session.execute(sa.insert(PeriodicJob).values(name=job.name, next_at=db.clock()))
        except IntegrityError:
            pass  # another worker made the row
    db.session.commit()


def _begin(job: Job) -> datetime | None:
    """Note that the job runs, if its time has come, and when it is due next; returns when it began."""
    _ensure(job)
    row, now = db.session.execute(
        sa.select(PeriodicJob, db.clock()).where(PeriodicJob.name == job.name),
        execution_options={"populate_existing": True},
    ).one()
    if row.next_at > now and not row.is_unfinished:
        db.session.commit()
        return None
    row.next_at, row.started_at = _following(row.next_at, job.every, now), now
    db.session.commit()
    return now


def _following(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """The round after one that was due: repeating a broken one moves no later one, and missed ones are left out."""
    if due_at > now:
        return due_at
    return due_at + every if due_at + every > now else now + every


def _run(job: Job, began: datetime) -> None:
    problem = ""
    try:
        job.function()
    except Exception as error:  # one job's failure must not stop the others
        db.session.rollback()
        problem = type(error).__name__
        log.error("job.failed", job=job.name, code=code_of(error))
    RUNS.labels(job.name, "failed" if problem else "done").inc()
    _note(job, began, problem)


def _note(job: Job, began: datetime, problem: str) -> None:
    """Write down how it went; a run that another one overtook, because its process slept, does not end that one."""
    ended_at = sa.case((PeriodicJob.started_at == began, db.clock()), else_=PeriodicJob.ended_at)
    values: dict[str, Any] = {"ended_at": ended_at, "problem": problem, "runs": PeriodicJob.runs + 1}
    values |= {"failures": PeriodicJob.failures + 1} if problem else {"succeeded_at": db.clock()}
    db.session.execute(
        sa.update(PeriodicJob).where(PeriodicJob.name == job.name).values(**values),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()
