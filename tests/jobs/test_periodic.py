"""A periodic job runs once per period however many workers there are."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.waiting import PATIENCE
from webapp.core import leases
from webapp.core.db import db, utcnow
from webapp.jobs import periodic
from webapp.jobs.models import PeriodicJob
from webapp.jobs.periodic import Job


def row(name: str) -> PeriodicJob:
    db.session.rollback()
    return db.session.get_one(PeriodicJob, name, populate_existing=True)


def test_many_workers_run_a_job_once_per_period(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(minutes=1), lambda: ran.append(1))

    def one_worker() -> None:
        with app.app_context():
            periodic.run_due(job)

    workers = [threading.Thread(target=one_worker) for _ in range(6)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(PATIENCE)
    assert ran == [1]
    db.session.execute(sa.update(PeriodicJob).values(next_at=utcnow()))
    db.session.commit()
    assert periodic.run_due(job)
    assert row("tell").runs == 2


def test_a_job_that_fails_is_noted_and_does_not_stop_the_others(app: Flask):
    ran: list[int] = []

    def fail() -> None:
        raise ValueError("owner@frontdesk.example")

    minute = timedelta(minutes=1)
    for job in (Job("fails", minute, fail), Job("works", minute, lambda: ran.append(1))):
        assert periodic.run_due(job)
    assert ran == [1]
    assert (row("fails").problem, row("fails").failures) == ("ValueError", 1)
    assert row("works").succeeded_at is not None


def test_a_job_can_be_run_outside_its_time(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(hours=1), lambda: ran.append(1))
    periodic.run_due(job)
    periodic.run_now(job)
    assert ran == [1, 1]
    assert row("tell").next_at > utcnow() + timedelta(minutes=59)


def test_a_job_that_runs_is_not_begun_once_more_but_asked_for_meanwhile_it_runs_again_after_its_end(app: Flask):
    begun_inside: list[bool] = []
    job = Job("tell", timedelta(hours=1), lambda: begun_inside.append(periodic.run_now(job)))
    periodic.run_now(job)
    assert begun_inside == [False]
    assert not row("tell").is_unfinished
    assert periodic.run_due(job), "asked for meanwhile"
    assert begun_inside == [False, False]


def test_a_job_never_runs_beside_itself_however_overdue_it_is(app: Flask):
    beside: list[bool] = []
    job = Job("tell", timedelta(seconds=0), lambda: beside.append(_elsewhere(app, job)))
    assert periodic.run_due(job)
    assert beside == [False]
    assert _elsewhere(app, Job("tell", timedelta(seconds=0), lambda: None))


def _elsewhere(app: Flask, job: Job) -> bool:
    """Another worker finds the job due."""
    with ThreadPoolExecutor(1) as other, app.app_context():

        def run() -> bool:
            with app.app_context():
                return periodic.run_due(job)

        return other.submit(run).result(PATIENCE)


def test_a_run_that_another_one_overtook_does_not_end_that_one(app: Flask):
    def is_overtaken() -> None:
        later = sa.update(PeriodicJob).values(started_at=utcnow() + timedelta(seconds=1))
        db.session.execute(later)
        db.session.commit()

    periodic.run_now(Job("tell", timedelta(hours=1), is_overtaken))
    assert row("tell").is_unfinished
    assert row("tell").runs == 1


def test_a_run_whose_process_died_is_repeated_once_its_lease_is_over_and_moves_no_later_round(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(hours=1), lambda: ran.append(1))
    assert periodic.run_due(job)
    due_at = row("tell").next_at
    dead = leases.claim("job:tell", seconds=0.5)
    db.session.execute(sa.update(PeriodicJob).values(started_at=utcnow(), ended_at=None))
    db.session.commit()
    assert dead and not periodic.run_due(job), "its lease holds"
    time.sleep(0.6)
    assert periodic.run_due(job)
    assert len(ran) == 2
    assert row("tell").next_at == due_at
    assert not periodic.run_due(job)


def test_rounds_are_counted_from_when_they_were_due_and_missed_ones_are_left_out(app: Flask):
    job = Job("tell", timedelta(minutes=1), lambda: None)
    periodic.run_due(job)
    for late, next_one in ((40, 20), (200, 60)):
        due_at = utcnow() - timedelta(seconds=late)
        db.session.execute(sa.update(PeriodicJob).values(next_at=due_at))
        db.session.commit()
        assert periodic.run_due(job)
        assert row("tell").next_at == pytest.approx(utcnow() + timedelta(seconds=next_one), abs=timedelta(seconds=2))


@pytest.mark.parametrize("again", [1, 2])
def test_a_job_whose_time_has_not_come_stays(app: Flask, again: int):
    job = Job("tell", timedelta(hours=1), lambda: None)
    assert periodic.run_due(job)
    for _ in range(again):
        assert not periodic.run_due(job)
