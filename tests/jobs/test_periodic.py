"""A periodic job runs once per period however many workers there are."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from webapp.db import db, utcnow
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
            periodic.run_all([job])

    workers = [threading.Thread(target=one_worker) for _ in range(6)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(20)
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


@pytest.mark.parametrize("again", [1, 2])
def test_a_job_whose_time_has_not_come_stays(app: Flask, again: int):
    job = Job("tell", timedelta(hours=1), lambda: None)
    assert periodic.run_all([job]) == ["tell"]
    for _ in range(again):
        assert periodic.run_all([job]) == []
