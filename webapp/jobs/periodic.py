"""Jobs of the clock: each run is claimed by moving its next time, so it happens once however many workers there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError

from webapp.core import background
from webapp.core.db import db, utcnow
from webapp.jobs.models import PeriodicJob

log = structlog.get_logger()

RUNS = Counter("frontdesk_job_runs_total", "Runs of periodic jobs by name and result", ["job", "result"])


@dataclass(frozen=True)
class Job:
    """What to run, and how often. The function commits itself; it may run twice and must not mind."""

    name: str
    every: timedelta
    function: Callable[[], object]


def run_all(jobs: list[Job]) -> list[str]:
    """Run each job whose time has come and that no other worker took; returns the names of those run."""
    return [job.name for job in jobs if (began := _claim(job)) and _run(job, began)]


def run_now(job: Job) -> None:
    """Run a job outside its time, unless it runs already; the next time counts from here."""
    if began := _begin(job):
        _run(job, began)


def run_soon(job: Job) -> None:
    """The same, after the answer; its row says at once that it runs."""
    if began := _begin(job):
        background.run(partial(_run, job, began))


def _begin(job: Job) -> datetime | None:
    _ensure(job)
    return _take(job, sa.not_(PeriodicJob.running()))


def _ensure(job: Job) -> None:
    if db.session.get(PeriodicJob, job.name) is None:
        try:
            with db.collision_safe():
                db.session.add(PeriodicJob(name=job.name, next_at=utcnow()))
        except IntegrityError:
            pass  # another worker made the row
    db.session.commit()


def _claim(job: Job) -> datetime | None:
    _ensure(job)
    return _take(job, PeriodicJob.next_at <= utcnow())


def _take(job: Job, free: sa.ColumnElement[bool]) -> datetime | None:
    """Begin the job for everybody, where it is free; returns when."""
    now = utcnow()
    mine = sa.update(PeriodicJob).where(PeriodicJob.name == job.name, free)
    taken = db.session.execute(mine.values(next_at=now + job.every, started_at=now))
    db.session.commit()
    return now if taken.rowcount else None  # type: ignore[attr-defined]


def _run(job: Job, began: datetime) -> bool:
    problem = ""
    try:
        job.function()
    except Exception as error:  # one job's failure must not stop the others
        db.session.rollback()
        problem = type(error).__name__
        log.error("job.failed", job=job.name, error=problem)
    RUNS.labels(job.name, "failed" if problem else "done").inc()
    _note(job, began, problem)
    return True


def _note(job: Job, began: datetime, problem: str) -> None:
    """Write down how it went; a run that another one overtook does not end that one."""
    now = utcnow()
    ended_at = sa.case((PeriodicJob.started_at == began, now), else_=PeriodicJob.ended_at)
    values: dict[str, Any] = {"ended_at": ended_at, "problem": problem, "runs": PeriodicJob.runs + 1}
    values |= {"failures": PeriodicJob.failures + 1} if problem else {"succeeded_at": now}
    db.session.execute(sa.update(PeriodicJob).where(PeriodicJob.name == job.name).values(**values))
    db.session.commit()
