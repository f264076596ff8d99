"""The runner begins what is due at its time, lets slow work delay no other, and does not rely on being told."""

import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest
import redis
import sqlalchemy as sa
from flask import Flask

from tests.support.waiting import PATIENCE, until
from webapp.core import due
from webapp.core.db import UTCDateTime, db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import wakeups
from webapp.jobs.models import PeriodicJob
from webapp.jobs.periodic import Job, Pool
from webapp.jobs.runner import LOOK, REST, Runner
from webapp.jobs.wakeups import CHANNEL
from webapp.jobs.work import Handler

MINUTE = timedelta(minutes=1)


class Driven:
    """The database's clock, which goes on when somebody says so."""

    def __init__(self) -> None:
        self.now = utcnow()

    def clock(self, seconds: float = 0) -> sa.ColumnElement[datetime]:
        """Its time."""
        return sa.literal(self.now + timedelta(seconds=seconds), UTCDateTime())

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def driven(monkeypatch: pytest.MonkeyPatch) -> Driven:
    """A clock that the test drives."""
    clock = Driven()
    monkeypatch.setattr(db, "clock", clock.clock)
    return clock


@contextmanager
def running(
    app: Flask, jobs: list[Job] | None = None, redis_url: str = "", look: float = LOOK, **handlers: Handler
) -> Iterator[Runner]:
    """A runner with these jobs and handlers, to which commits in this app are told."""
    runner = Runner(app, redis_url, lambda: jobs or [], handlers, look)
    before = app.extensions[due.RUNNER]
    app.extensions[due.RUNNER] = runner
    try:
        yield runner
    finally:
        app.extensions[due.RUNNER] = before
        runner.stop()


def add(kind: str, after: float = 0) -> datetime:
    """Due work in a transaction of its own; gives when it is due."""
    work = due.add(kind, after=timedelta(seconds=after))
    db.session.commit()
    at = utcnow() + timedelta(seconds=after)
    assert work.id
    return at


def row(name: str) -> PeriodicJob:
    db.session.rollback()
    found = db.session.get_one(PeriodicJob, name, populate_existing=True)
    db.session.commit()
    return found


def test_thirty_rounds_are_a_minute_apart_however_long_each_takes_and_whatever_else_is_due(app: Flask, driven: Driven):
    began: list[datetime] = []
    takes = [3, 0, 40, 11, 58, 1]

    def round_() -> None:
        began.append(driven.now)
        driven.pass_by(takes[len(began) % len(takes)])

    jobs = [Job("round", MINUTE, round_), Job("other", timedelta(seconds=7), lambda: driven.pass_by(0.4), Pool.PROMPT)]
    with running(app, jobs, tell=lambda: driven.pass_by(0.3)) as runner:
        runner.furnish(2)
        for _ in range(5000):
            wait = runner.look()
            until(lambda: not runner.is_busy)
            driven.pass_by(max(wait, REST))
            if len(began) % 3 == 1 and not db.session.scalar(sa.select(sa.func.count()).select_from(DueWork)):
                add("tell", after=11)
            db.session.commit()
            if len(began) > 30:
                break
    distances = [(later - earlier).total_seconds() for earlier, later in pairwise(began)]
    assert len(distances) == 30
    assert min(distances) >= 55 and max(distances) <= 65, distances


def test_due_work_begins_within_a_second_of_its_time_without_anything_else_installed(app: Flask):
    lags: list[float] = []
    times: dict[str, float] = {}
    with running(app, tell=lambda: times.setdefault("at", time.time())) as runner:
        runner.start()
        for after in (0, 0.7, 0, 2.1, 0):
            times.clear()
            at = add("tell", after)
            until(lambda: times)
            lags.append(times["at"] - at.timestamp())
    assert median(lags) < 1, lags
    assert min(lags) > -0.1, "not before its time"


def test_without_a_word_due_work_is_found_within_seconds(app: Flask):
    done: list[int] = []
    with running(app, tell=lambda: done.append(1)) as runner:
        runner.start()
        time.sleep(0.3)
        db.session.add(DueWork(kind="tell", payload={}))
        db.session.commit()
        begun = time.monotonic()
        until(lambda: done)
        assert time.monotonic() - begun < LOOK + 5


def test_a_long_sweep_and_long_work_delay_neither_due_work_nor_the_lobby_nor_hooks(app: Flask):
    go_on, ran = threading.Event(), set[str]()
    slow = [Job(name, MINUTE, lambda: go_on.wait(PATIENCE)) for name in ("rules", "recordings")]
    slow += [Job(name, MINUTE, lambda: go_on.wait(PATIENCE), Pool.CLEANING) for name in ("purge_a", "purge_b")]
    slow += [Job("stuck", MINUTE, lambda: go_on.wait(PATIENCE), Pool.PROMPT)]
    prompt = [Job(name, MINUTE, lambda name=name: ran.add(name), Pool.PROMPT) for name in ("lobby", "hooks")]
    works: dict[str, Handler] = {"lobby.announce": lambda: ran.add("work")}
    works["telephony.move_rooms"] = works["telephony.repair"] = lambda: go_on.wait(PATIENCE)
    for _ in range(3):
        add("telephony.move_rooms")
        add("telephony.repair")
    with running(app, slow + prompt, **works) as runner:
        runner.start(threads=1)
        until(lambda: {"lobby", "hooks"} <= ran)
        add("lobby.announce")
        until(lambda: "work" in ran)
        assert not go_on.is_set() and runner.is_busy
        go_on.set()
        until(lambda: not runner.is_busy)


def test_many_who_wake_a_sweep_wake_it_once(app: Flask):
    go_on, began = threading.Event(), list[int]()

    def sweep() -> None:
        began.append(1)
        go_on.wait(PATIENCE)

    with running(app, [Job("rules", timedelta(hours=1), sweep)]) as runner:
        runner.start()
        until(lambda: began)
        for _ in range(20):
            due.run_soon("rules")
        time.sleep(0.5)
        assert len(began) == 1, "never beside itself"
        go_on.set()
        until(lambda: len(began) == 2)
        time.sleep(1)
        assert len(began) == 2
        assert row("rules").runs == 2


def test_a_runner_that_stops_lets_work_under_way_finish_and_leaves_the_rest_due(app: Flask):
    done: list[int] = []

    def work() -> None:
        time.sleep(1)
        done.append(1)

    for _ in range(3):
        add("work")
    with running(app, work=work) as runner:
        runner.start(threads=1)
        until(lambda: runner.is_busy)
        runner.stop()
    assert len(done) == 1
    ended = db.session.scalars(sa.select(DueWork.done_at)).all()
    db.session.commit()
    assert sorted(at is None for at in ended) == [False, True, True]


def test_a_word_over_redis_makes_another_process_begin_at_once_and_what_it_says_is_not_read(app: Flask, redis_url: str):
    done: list[int] = []
    teller = Runner(app, redis_url)
    with running(app, redis_url=redis_url, look=600, tell=lambda: done.append(1)) as runner:
        runner.start()
        with redis.Redis.from_url(redis_url) as client:
            until(lambda: client.pubsub_numsub(CHANNEL)[0][1])
            time.sleep(0.5)
            db.session.add(DueWork(kind="tell", payload={}))
            db.session.commit()
            time.sleep(0.5)
            assert not done, "nobody told of it"
            teller.look_soon()
            until(lambda: len(done) == 1)
            db.session.add(DueWork(kind="tell", payload={}))
            db.session.commit()
            client.publish(CHANNEL, pickle.dumps(Exploding()))
            until(lambda: len(done) == 2)


class Exploding:
    """Fails the test when somebody unpickles it."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        """Ask for a failure."""
        return pytest.fail, ("what came from Redis was unpickled",)


@pytest.fixture
def hanging() -> Iterator[str]:
    """A Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("kind", ["away", "hanging"])
def test_a_redis_that_is_away_or_hangs_holds_no_commit_and_costs_promptness_only(app: Flask, hanging: str, kind: str):
    done: list[int] = []
    url = hanging if kind == "hanging" else "redis://127.0.0.1:1/0"
    teller = Runner(app, url)
    with running(app, redis_url=url, tell=lambda: done.append(1)) as runner:
        runner.start()
        app.extensions[due.RUNNER] = teller  # another process, which commits
        begun = time.monotonic()
        for _ in range(40):
            add("tell")
        assert time.monotonic() - begun < 40 * wakeups.PATIENCE / 2, "as if each had waited for Redis"
        until(lambda: len(done) == 40)
        assert not teller.answers()
