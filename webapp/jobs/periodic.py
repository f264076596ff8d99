"""Jobs of the clock: each run is claimed by moving its next time, so it happens once however many workers there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError

from webapp import background
from webapp.db import db, utcnow
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
    return [job.name for job in jobs if _claim(job) and _run(job)]


def run_now(job: Job) -> None:
    """Run a job outside its time; the next time counts from here."""
    _begin(job)
    _run(job)


def run_soon(job: Job) -> None:
    """The same, after the answer; its row says at once that it runs."""
    _begin(job)
    background.run(partial(_run, job))


def _begin(job: Job) -> None:
    _ensure(job)
    moved = sa.update(PeriodicJob).where(PeriodicJob.name == job.name)
    db.session.execute(moved.values(next_at=utcnow() + job.every, started_at=utcnow()))
    db.session.commit()


def _ensure(job: Job) -> None:
    if db.session.get(PeriodicJob, job.name) is None:
        try:
            with db.collision_safe():
                db.session.add(PeriodicJob(name=job.name, next_at=utcnow()))
        except IntegrityError:
            pass  # another worker made the row
    db.session.commit()


def _claim(job: Job) -> bool:
    _ensure(job)
    now = utcnow()
    mine = sa.update(PeriodicJob).where(PeriodicJob.name == job.name, PeriodicJob.next_at <= now)
    taken = db.session.execute(mine.values(next_at=now + job.every, started_at=now))
    db.session.commit()
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _run(job: Job) -> bool:
    problem = ""
    try:
        job.function()
    except Exception as error:  # one job's failure must not stop the others
        db.session.rollback()
        problem = type(error).__name__
        log.error("job.failed", job=job.name, error=problem)
    RUNS.labels(job.name, "failed" if problem else "done").inc()
    _note(job, problem)
    return True


def _note(job: Job, problem: str) -> None:
    now = utcnow()
    values = {"ended_at": now, "problem": problem, "runs": PeriodicJob.runs + 1}
    values |= {"failures": PeriodicJob.failures + 1} if problem else {"succeeded_at": now}
    db.session.execute(sa.update(PeriodicJob).where(PeriodicJob.name == job.name).values(**values))
    db.session.commit()
