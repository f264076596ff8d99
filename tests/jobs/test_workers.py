"""Real `flask worker` and gunicorn processes: nothing is lost with a queue or a worker, and nothing is done twice."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from tests.support.installed import Installation, inside, installed
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.core.due import DueWork
from webapp.jobs import work
from webapp.jobs.models import PeriodicJob
from webapp.lobby.models import Entry
from webapp.rooms.models import Room

TICK = 5
SOON = 45  # seconds: a claim and a look, on the busiest machine
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
    found: DueWork
    (found,) = rows(sa.select(DueWork))
    return found


def somebody_waits(livekit: LiveKit) -> str:
    """A live room with a guest at its door, and the announcement due; gives the room's id."""
    room = Room(id=new_id(), name="Housing committee", slug="hcm-rxqt-bdw", phone_enabled=False)
    livekit.join(str(room.id), "web")  # first: whoever is told of the guest finds somebody inside
    db.session.add(room)
    db.session.add(Entry(room_id=room.id, bearer_hash="x", identity="guest-1", name="Lotte Brandvold"))
    due.add("lobby.announce", room_id=str(room.id))
    db.session.commit()
    return str(room.id)


def job(name: str) -> PeriodicJob | None:
    """A periodic job as it stands."""
    found = rows(sa.select(PeriodicJob).where(PeriodicJob.name == name))
    return found[0] if found else None


def runs(name: str) -> int:
    found = job(name)
    return found.runs if found else 0


def test_work_that_nobody_told_of_is_done(site: Installation, livekit: LiveKit):
    room = somebody_waits(livekit)  # this process has neither a runner nor Redis
    site.work()
    until(lambda: only().done_at)
    assert len(livekit.messages(room)) == 1


def test_the_work_of_a_worker_killed_in_the_middle_is_soon_done_by_another(site: Installation, livekit: LiveKit):
    livekit.delay("SendData", 45, times=1)
    room = somebody_waits(livekit)
    victim = site.work("victim")
    until(lambda: only().attempts == 1)
    site.work("heir")
    until(lambda: "runner.started" in (site.folder / "heir.log").read_text())
    time.sleep(work.CLAIM + 2)
    assert (only().done_at, only().attempts) == (None, 1), "who lives keeps its claim, however slow LiveKit is"
    os.killpg(victim.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    victim.wait(PATIENCE)
    livekit.heal()
    until(lambda: only().done_at)
    assert time.monotonic() - killed_at < SOON
    assert only().attempts == 2
    assert len(livekit.messages(room)) == 1


def test_the_round_of_a_worker_killed_in_the_middle_is_soon_run_by_another(site: Installation, livekit: LiveKit):
    site.settings["FRONTDESK_SWEEP_SECONDS"] = "3600"
    livekit.delay("ListSIPInboundTrunk", 45, times=1)
    victim = site.work("victim")
    until(lambda: (found := job("rules")) and found.started_at)
    os.killpg(victim.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    victim.wait(PATIENCE)
    livekit.heal()
    site.work("heir")
    until(lambda: runs("rules") == 1)
    assert time.monotonic() - killed_at < SOON


def test_a_killed_holder_delays_its_room_by_some_seconds_and_not_until_the_next_sweep(
    site: Installation, livekit: LiveKit
):
    site.settings["FRONTDESK_SWEEP_SECONDS"] = "3600"
    room = Room(id=new_id(), name="Housing committee", slug="hcm-rxqt-bdw")
    db.session.add(room)
    db.session.commit()
    victim = site.work("victim")
    until(lambda: runs("rules") == 1)
    livekit.join(str(room.id), "web")
    livekit.delay("ListParticipants", 45, times=1)
    db.session.execute(sa.update(Room).values(reconcile_at=utcnow()))
    db.session.commit()
    until(lambda: livekit.calls("ListParticipants"))
    site.work("heir")
    until(lambda: "runner.started" in (site.folder / "heir.log").read_text())
    os.killpg(victim.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    victim.wait(PATIENCE)
    livekit.heal()
    until(lambda: rows(sa.select(Room.web_count)) == [1])
    assert time.monotonic() - killed_at < SOON


def test_a_periodic_job_runs_once_per_period_however_many_workers_there_are(site: Installation, livekit: LiveKit):
    for name in ("one", "two", "three"):
        site.work(name)
    begun = time.monotonic()
    until(lambda: runs("rules") >= 5)
    assert runs("rules") <= (time.monotonic() - begun) / TICK + 1
    assert runs("purge_sessions") == 1 and runs("purge_hooks") == 1, "they are due once an hour"
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
        until(lambda: runs("rules") >= 3)
        assert runs("purge_sessions") == 1


def test_a_worker_told_to_stop_in_the_middle_of_long_work_ends_soon_and_another_does_it(
    site: Installation, livekit: LiveKit
):
    livekit.delay("SendData", 45, times=1)
    room = somebody_waits(livekit)
    worker = site.work()
    until(lambda: only().attempts == 1)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    livekit.heal()
    site.work("heir")
    until(lambda: only().done_at)
    assert len(livekit.messages(room)) == 1
