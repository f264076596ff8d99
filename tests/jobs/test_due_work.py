"""Due work is done once, tried again, and never lost."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import clock
from tests.support.waiting import PATIENCE
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import work


def only() -> DueWork:
    db.session.rollback()
    return db.session.scalars(sa.select(DueWork).execution_options(populate_existing=True)).one()


def hurry() -> None:
    """Let the pause before the next try be over."""
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()


def test_work_recorded_in_a_transaction_is_done_by_the_sweep(app: Flask):
    done: list[int] = []
    due.add("count", number=3)
    db.session.commit()

    def count(number: int) -> None:
        done.append(number)

    assert work.run_due({"count": count}) == 1
    assert done == [3]
    assert only().done_at is not None
    assert work.run_due({}) == 0


def test_work_of_a_transaction_that_is_rolled_back_never_was(app: Flask):
    before = clock.told()
    due.add("count", number=1)
    db.session.rollback()
    db.session.commit()
    assert clock.told() == before
    due.add("count", number=2)
    assert clock.told() == before, "not before the commit"
    db.session.commit()
    assert clock.told() == before + 1
    assert only().payload == {"number": 2}


def test_work_that_is_not_due_yet_waits(app: Flask):
    due.add("count", after=timedelta(minutes=5))
    db.session.commit()
    assert work.run_due({"count": lambda: None}) == 0


def fail() -> None:
    raise ConnectionError("call +33 6 12 34 56 78")


def test_failed_work_is_kept_without_the_text_of_the_failure_and_tried_again_later(app: Flask):
    due.add("count")
    db.session.commit()
    work.run_due({"count": fail})
    row = only()
    assert (row.problem, row.attempts, row.done_at) == ("ConnectionError", 1, None)
    assert row.due_at > utcnow()
    hurry()
    work.run_due({"count": lambda: None})
    assert only().done_at is not None


def test_work_that_fails_for_ever_is_given_up_in_the_open_and_can_be_tried_again(app: Flask):
    due.add("count")
    db.session.commit()
    for _ in range(len(work.PAUSES) + 1):
        hurry()
        work.run_due({"count": fail})
    row = only()
    assert row.gave_up_at is not None
    assert work.retry(row.id)
    db.session.commit()
    work.run_due({"count": lambda: None})
    assert only().done_at is not None


def test_a_worker_that_is_killed_leaves_the_work_to_the_sweep(app: Flask):
    due.add("count")
    db.session.commit()
    with pytest.raises(SystemExit):
        work.run(only().id, {"count": lambda: (_ for _ in ()).throw(SystemExit)})
    assert only().done_at is None
    assert work.run_due({"count": lambda: None}) == 0, "claimed for a while"
    hurry()
    assert work.run_due({"count": lambda: None}) == 1


def test_two_workers_do_a_piece_of_work_once(app: Flask):
    done: list[int] = []
    work_id = due.add("count").id
    db.session.commit()

    def one_worker() -> None:
        with app.app_context():
            work.run(work_id, {"count": lambda: done.append(1)})

    workers = [threading.Thread(target=one_worker) for _ in range(6)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(PATIENCE)
    assert done == [1]
