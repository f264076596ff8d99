"""What support sees of jobs and due work is what the database holds, and Prometheus is told the same."""

import os
import re
import socket
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from tests.support import clock
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core import due, leases
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import periodic, register
from webapp.jobs import words as job_words
from webapp.jobs.models import PeriodicJob
from webapp.jobs.runner import Runner

As = Callable[[str], Browser]
PAGE = "/system/jobs/"


def words(browser: Browser) -> str:
    """The text of the page."""
    return text_of(browser.get(PAGE).text)


def test_support_sees_jobs_and_lets_one_run(client_as: As):
    support = client_as("support")
    assert "purge_due_work Hasn't run yet" in words(support)
    assert support.post("/system/jobs/purge_due_work/run").status_code == 303
    assert "purge_due_work OK" in words(support)
    assert support.post("/system/jobs/nothing/run").status_code == 404


def test_the_page_says_who_runs_a_job_and_which_run_was_broken_off(client_as: As):
    support = client_as("support")
    db.session.add(PeriodicJob(name="rules", next_at=utcnow(), started_at=utcnow()))
    db.session.commit()
    with leases.held("job:rules") as mine:
        assert mine
        told = words(support)
        assert "rules Running" in told and f"in {socket.gethostname()}/{os.getpid()}" in told
    assert "rules Interrupted; will restart" in words(support)


def test_the_page_counts_due_work_and_says_how_long_the_oldest_waits(client_as: As):
    support = client_as("support")
    for after in (-90, -5, 3600):
        due.add("lobby.announce", after=timedelta(seconds=after))
    db.session.commit()
    told = words(support)
    assert "Due work 3" in told
    assert re.search(r"2 tasks are due, the oldest for (9\d|1\d\d) s", told)


def test_given_up_work_is_due_again_and_the_runner_is_told(client_as: As):
    given_up = due.add("lobby.announce")
    given_up.gave_up_at = utcnow()
    db.session.commit()
    before = clock.told()
    support = client_as("support")
    assert support.post(f"/system/jobs/work/{given_up.id}/retry").status_code == 303
    assert clock.told() == before + 1
    again = db.session.scalars(sa.select(DueWork).execution_options(populate_existing=True)).one()
    assert (again.gave_up_at, again.attempts) == (None, 0) and again.due_at <= utcnow()
    assert support.post(f"/system/jobs/work/{given_up.id}/retry").status_code == 409


def test_a_redis_that_does_not_answer_is_said_on_the_page(app: Flask, client_as: As):
    support = client_as("support")
    assert "Redis isn't answering" not in words(support)
    before = app.extensions[due.RUNNER]
    app.extensions[due.RUNNER] = Runner(app, "redis://127.0.0.1:1/0")
    try:
        assert "Redis isn't answering" in words(support)
    finally:
        app.extensions[due.RUNNER] = before


def value(client: Browser, name: str) -> float | None:
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else None


def test_prometheus_is_told_how_much_work_waits_and_how_old_the_last_good_sweep_is(client: Browser):
    assert value(client, "frontdesk_due_work_open") == 0
    assert value(client, "frontdesk_sweep_age_seconds") is None, "there was none"
    for after in (-90, -5, 3600):
        due.add("lobby.announce", after=timedelta(seconds=after))
    succeeded_at = utcnow() - timedelta(seconds=120)
    db.session.add(PeriodicJob(name="rules", next_at=utcnow(), succeeded_at=succeeded_at))
    db.session.commit()
    assert value(client, "frontdesk_due_work_open") == 3
    assert value(client, "frontdesk_due_work_due") == 2
    assert 90 <= (value(client, "frontdesk_due_work_age_seconds") or 0) < 150
    assert 120 <= (value(client, "frontdesk_sweep_age_seconds") or 0) < 180
    assert 120 <= (value(client, 'frontdesk_job_age_seconds{job="rules"}') or 0) < 180


def test_no_job_is_lost_and_none_shares_the_only_place_with_what_may_take_long(app: Flask):
    jobs = register.by_name()
    assert {"hooks", "rules", "diagnose", "due_work", "lobby_expire", "lobby_purge", "recordings"} < set(jobs)
    alone = {name for name, job in jobs.items() if job.pool is not periodic.Pool.CLEANING}
    assert {"hooks", "rules", "diagnose", "due_work", "lobby_expire", "recordings", "remove_expired"} < alone


def test_every_job_and_every_kind_of_work_says_what_it_is_for(app: Flask):
    assert set(job_words.JOBS) == set(register.by_name())
    assert set(job_words.WORK) == set(register.HANDLERS)


def test_cleaning_that_is_done_is_folded_and_one_that_failed_stands_with_the_others(client_as: As):
    support = client_as("support")
    for name, problem in (("purge_calls", ""), ("purge_mails", "OperationalError")):
        row = PeriodicJob(name=name, next_at=utcnow(), started_at=utcnow(), ended_at=utcnow(), problem=problem)
        db.session.add(row)
    db.session.commit()
    shown, folded = support.get(PAGE).text.split('<details class="section"')
    assert "purge_mails" in shown and "The database didn't answer." in text_of(shown)
    assert "purge_calls" not in shown and "purge_calls" in folded and "1 cleaning job" in folded


def test_an_error_that_has_no_words_is_named(app: Flask):
    assert job_words.problem("ZeroDivisionError") == "Something went wrong (ZeroDivisionError)."
