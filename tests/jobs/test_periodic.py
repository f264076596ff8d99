"""A periodic job runs once per period however many workers there are."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.waiting import PATIENCE
from webapp.core.db import db, utcnow
from webapp.jobs import periodic
from webapp.jobs.models import FORGOTTEN, PeriodicJob
from webapp.jobs.periodic import Job


def row(name: str) -> PeriodicJob:
    db.session.rollback()
    return db.session.get_one(PeriodicJob, name, populate_existing=True)


def test_many_workers_run_a_job_once_per_period(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(minutes=1), lambda: ran.append(1))

    def one_worker() -> None:
        with app.app_context():
            periodic.run_all([job])

    workers = [threading.Thread(target=one_worker) for _ in range(6)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(PATIENCE)
    assert ran == [1]
    db.session.execute(sa.update(PeriodicJob).values(next_at=utcnow()))
    db.session.commit()
    assert periodic.run_all([job]) == ["tell"]
    assert row("tell").runs == 2


def test_a_job_that_fails_is_noted_and_does_not_stop_the_others(app: Flask):
    ran: list[int] = []

    def fail() -> None:
        raise ValueError("owner@frontdesk.example")

    minute = timedelta(minutes=1)
    periodic.run_all([Job("fails", minute, fail), Job("works", minute, lambda: ran.append(1))])
    assert ran == [1]
    assert (row("fails").problem, row("fails").failures) == ("ValueError", 1)
    assert row("works").succeeded_at is not None


def test_a_job_can_be_run_outside_its_time(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(hours=1), lambda: ran.append(1))
    periodic.run_all([job])
    periodic.run_now(job)
    assert ran == [1, 1]
    assert row("tell").next_at > utcnow() + timedelta(minutes=59)


def test_a_job_that_runs_is_not_begun_once_more_by_hand(app: Flask):
    ran: list[bool] = []
    job = Job("tell", timedelta(hours=1), lambda: (ran.append(row("tell").is_running), periodic.run_now(job)))
    periodic.run_soon(job)
    assert ran == [True]
    assert not row("tell").is_running
    periodic.run_now(job)
    assert ran == [True, True]


def test_a_run_that_another_one_overtook_does_not_end_that_one(app: Flask):
    def is_overtaken() -> None:
        later = sa.update(PeriodicJob).values(started_at=utcnow() + timedelta(seconds=1))
        db.session.execute(later)
        db.session.commit()

    periodic.run_now(Job("tell", timedelta(hours=1), is_overtaken))
    assert row("tell").is_running
    assert row("tell").runs == 1


def test_a_job_whose_process_died_can_be_run_again_after_a_while(app: Flask):
    ran: list[int] = []
    job = Job("tell", timedelta(hours=1), lambda: ran.append(1))
    periodic.run_now(job)
    for ago, count in ((FORGOTTEN - timedelta(minutes=1), 1), (FORGOTTEN + timedelta(minutes=1), 2)):
        db.session.execute(sa.update(PeriodicJob).values(started_at=utcnow() - ago, ended_at=None))
        db.session.commit()
        periodic.run_now(job)
        assert len(ran) == count


@pytest.mark.parametrize("again", [1, 2])
def test_a_job_whose_time_has_not_come_stays(app: Flask, again: int):
    job = Job("tell", timedelta(hours=1), lambda: None)
    assert periodic.run_all([job]) == ["tell"]
    for _ in range(again):
        assert periodic.run_all([job]) == []
