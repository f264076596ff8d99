"""Real `flask worker` and gunicorn processes: nothing is lost with a queue or a worker, and nothing is done twice."""

import os
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from flask import current_app

from tests.support.installed import Installation, inside, installed
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until
from webapp.core import due
from webapp.core.config import Settings
from webapp.core.db import db, new_id, utcnow
from webapp.core.due import DueWork
from webapp.jobs import queue
from webapp.jobs.models import PeriodicJob
from webapp.lobby.models import Entry
from webapp.rooms.models import Room

TICK = 5
GUEST_WAITS = 600  # seconds: the busiest machine tells of a guest before the guest is given up


@pytest.fixture
def redis_empty(redis_url: str) -> str:
    """A Redis without anything of an earlier test."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    return redis_url


@pytest.fixture
def site(tmp_path: Path, own_database_url: str, redis_empty: str, livekit: LiveKit) -> Iterator[Installation]:
    """An installation with Redis, whose clock ticks every few seconds."""
    chosen = {"database_url": own_database_url, "redis_url": redis_empty, "livekit_url": livekit.url}
    with (
        installed(
            tmp_path, sweep_seconds=TICK, livekit_timeout=50, lobby_waiting_seconds=GUEST_WAITS, **chosen
        ) as site,
        inside(site),
    ):
        yield site


def rows(found: sa.Select[Any]) -> list[Any]:
    """What the database holds now; nothing stays open, which would keep SQLite's only writer waiting."""
    read = list(db.session.scalars(found.execution_options(populate_existing=True)))
    db.session.commit()
    return read


def only() -> DueWork:
    work: DueWork
    (work,) = rows(sa.select(DueWork))
    return work


def somebody_waits(livekit: LiveKit) -> str:
    """A live room with a guest at its door, and the announcement due; gives the room's id."""
    room = Room(id=new_id(), name="Housing committee", slug="hcm-rxqt-bdw", phone_enabled=False)
    livekit.join(str(room.id), "web")  # first: whoever is told of the guest finds somebody inside
    db.session.add(room)
    db.session.add(Entry(room_id=room.id, bearer_hash="x", identity="guest-1", name="Lotte Brandvold"))
    due.add("lobby.announce", room_id=str(room.id))
    db.session.commit()
    return str(room.id)


def ticks(site: Installation, *names: str) -> int:
    """How many ticks these processes did to their end. Whichever is free does one, whoever's clock it was."""
    logs = [(site.folder / f"{name}.log").read_text() for name in names]
    return sum(len(re.findall(r"queue\.tick: \S+ executed in", log)) for log in logs)


def clocks(site: Installation, *names: str) -> int:
    """How many of these processes have a clock that runs."""
    return sum("Scheduler runs" in (site.folder / f"{name}.log").read_text() for name in names)


def test_work_whose_message_the_queue_lost_is_done_by_the_sweep(site: Installation, livekit: LiveKit):
    room = somebody_waits(livekit)  # no queue was told: this process has none
    site.work()
    until(lambda: only().done_at)
    assert len(livekit.messages(room)) == 1


def test_work_is_done_at_once_when_the_queue_is_told_of_it(site: Installation, livekit: LiveKit):
    site.work()
    until(lambda: rows(sa.select(PeriodicJob).where(PeriodicJob.name == "due_work", PeriodicJob.runs > 0)))
    _connect(site)
    room = somebody_waits(livekit)
    until(lambda: only().done_at, 45)  # the next sweep of due work is most of a minute away
    assert len(livekit.messages(room)) == 1


def _connect(site: Installation) -> None:
    """Let this process tell the installation's queue."""
    settings = Settings(environment="testing", redis_url=site.settings["FRONTDESK_REDIS_URL"])
    queue.init_app(current_app._get_current_object(), settings)  # type: ignore[attr-defined]


def test_the_work_of_a_worker_killed_in_the_middle_is_done_again_by_another_after_its_lease(
    site: Installation, livekit: LiveKit
):
    livekit.delay("SendData", 45, times=1)
    room = somebody_waits(livekit)
    victim = site.work("victim")
    until(lambda: only().attempts == 1)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait(PATIENCE)
    livekit.heal()
    site.work("heir")
    until(lambda: ticks(site, "heir") >= 2)
    assert (only().done_at, only().attempts) == (None, 1), "the lease of the dead still holds"
    _let_the_lease_run_out()
    until(lambda: only().done_at)
    assert only().attempts == 2
    assert len(livekit.messages(room)) == 1


def _let_the_lease_run_out() -> None:
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.execute(sa.update(PeriodicJob).values(next_at=utcnow() - timedelta(seconds=1)))
    db.session.commit()


def test_a_periodic_job_runs_once_per_period_however_many_workers_there_are(site: Installation, livekit: LiveKit):
    names = ("one", "two", "three")
    for name in names:
        site.work(name)
    until(lambda: clocks(site, *names) == 3)
    before = ticks(site, *names)
    until(lambda: ticks(site, *names) >= before + 6)  # whoever's clocks they are of
    runs = {job.name: job.runs for job in rows(sa.select(PeriodicJob))}
    assert runs["purge_sessions"] == 1 and runs["purge_hooks"] == 1, "they are due once an hour"
    assert "failed" not in site.written()


def test_while_redis_is_away_the_clock_goes_on_and_rules_are_swept(
    tmp_path: Path, own_database_url: str, livekit: LiveKit
):
    nowhere = "redis://127.0.0.1:1/0"
    chosen = {"database_url": own_database_url, "redis_url": nowhere, "livekit_url": livekit.url}
    with installed(tmp_path, sweep_seconds=TICK, **chosen) as site, inside(site):
        room = Room(id=new_id(), name="Housing committee", slug="hcm-rxqt-bdw")
        db.session.add(room)
        db.session.commit()
        livekit.join(str(room.id), "web")
        site.work()
        until(lambda: rows(sa.select(Room.web_count)) == [1])
        until(lambda: rows(sa.select(PeriodicJob.runs).where(PeriodicJob.name == "rules", PeriodicJob.runs > 1)))


def test_a_worker_that_is_told_to_stop_finishes_its_work_first(site: Installation, livekit: LiveKit):
    livekit.delay("SendData", 3, times=1)
    somebody_waits(livekit)
    worker = site.work()
    until(lambda: only().attempts == 1)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert only().done_at is not None


def test_without_redis_the_web_process_does_the_work_itself(tmp_path: Path, own_database_url: str, livekit: LiveKit):
    chosen = {
        "database_url": own_database_url,
        "livekit_url": livekit.url,
        "sweep_seconds": TICK,
        "lobby_waiting_seconds": GUEST_WAITS,
    }
    with installed(tmp_path, **chosen) as site, inside(site):
        room = somebody_waits(livekit)
        site.serve("--workers", "2")
        until(lambda: only().done_at)
        until(lambda: rows(sa.select(PeriodicJob).where(PeriodicJob.name == "purge_sessions", PeriodicJob.runs > 0)))
        assert len(livekit.messages(room)) == 1, "two web processes, one announcement"
        until(lambda: ticks(site, f"gunicorn-{site.port}") >= 4)
        assert {job.name: job.runs for job in rows(sa.select(PeriodicJob))}["purge_sessions"] == 1
