"""What the jobs page reads, and what others ask of the work of the clock."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.doctor.diagnosis import DIAGNOSE_JOB
from webapp.jobs.models import PeriodicJob
from webapp.jobs.work import OPEN
from webapp.live.sweep import SWEEP_JOB


@dataclass(frozen=True)
class Backlog:
    """How much work is neither done nor given up, how much of it waits although it is due, and for how many seconds."""

    open: int
    due: int
    age: float


def jobs() -> dict[str, PeriodicJob]:
    """The rows of the jobs that ran or are to run, by name."""
    return {row.name: row for row in db.session.scalars(sa.select(PeriodicJob))}


def sweep_job() -> PeriodicJob | None:
    """The row of the sweep that compares every room with LiveKit; None before it was ever due."""
    return db.session.get(PeriodicJob, SWEEP_JOB)


def diagnose_job() -> PeriodicJob | None:
    """The row of the job that keeps what the doctor finds; None before it was ever due."""
    return db.session.get(PeriodicJob, DIAGNOSE_JOB)


def open_work(limit: int) -> Sequence[DueWork]:
    """Work that is neither done nor given up, due first."""
    return db.session.scalars(sa.select(DueWork).where(OPEN).order_by(DueWork.due_at).limit(limit)).all()


def given_up_work(limit: int) -> Sequence[DueWork]:
    """Work that was given up, the newest first."""
    given_up = sa.select(DueWork).where(DueWork.gave_up_at.is_not(None))
    return db.session.scalars(given_up.order_by(DueWork.gave_up_at.desc()).limit(limit)).all()


def backlog() -> Backlog:
    """What there is to do."""
    is_due = DueWork.due_at <= db.clock()
    counted = sa.select(
        sa.func.count(), sa.func.count(sa.case((is_due, 1))), sa.func.min(DueWork.due_at), db.clock()
    ).where(OPEN)
    count, waiting, oldest, now = db.session.execute(counted).one()
    age = (now - oldest).total_seconds() if oldest is not None else 0
    return Backlog(count, waiting, max(age, 0))
