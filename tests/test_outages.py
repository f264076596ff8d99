"""When the database, Redis or LiveKit is away: what still works, and what is said."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import event

from tests.plugins.servers import redis_server
from tests.support.installed import installed
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, browser, persona
from tests.support.waiting import PATIENCE
from webapp import create_app
from webapp.accounts.models import User
from webapp.core import health
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata

NOWHERE = "postgresql://127.0.0.1:1/none"


@contextmanager
def app_with(settings: Settings, **changed: Any) -> Iterator[Flask]:
    """Another app, in which bugs are pages as they are in production."""
    app = create_app(settings.model_copy(update=changed))
    with app.app_context():
        yield app
        db.dispose()


@pytest.fixture(autouse=True)
def ask_anew(app: Flask) -> None:
    """Health remembers its answers for some seconds; no test shall see another's."""
    app.extensions.pop(health.EXTENSION, None)


def test_readiness_names_what_answers(client: Browser, livekit: LiveKit):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "database: ok\nlivekit: ok\n")


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_without_livekit_the_app_is_ready_and_says_so(client: Browser, livekit: LiveKit, how: str):
    livekit.go_away(how)
    begun = time.monotonic()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "database: ok\nlivekit: no answer\n")
    assert time.monotonic() - begun < 10
    livekit.heal()


def test_without_the_database_the_app_is_alive_and_not_ready(settings: Settings, livekit: LiveKit):
    with app_with(settings, database_url=NOWHERE) as app:
        client = browser(app)
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "database: no answer\nlivekit: ok\n")


@pytest.mark.parametrize("path", ["/", "/account/", "/rooms/", "/join/hcm-rxqt-bdw"])
def test_without_the_database_people_who_are_signed_in_read_what_is_wrong(settings: Settings, path: str):
    with app_with(settings, database_url=NOWHERE) as app:
        client = browser(app)
        with client.session_transaction() as cookie:
            cookie["sign_in"] = "the token of somebody"
        answer = client.get(path)
        assert answer.status_code == 503 and "The database didn&#39;t answer" in answer.text
        assert client.get("/no-such-page").status_code == 404


def test_redis_is_named_when_it_is_away(settings: Settings, livekit: LiveKit, redis_url: str):
    for url, said in ((redis_url, "redis: ok"), ("redis://127.0.0.1:1/0", "redis: no answer")):
        with app_with(settings) as app:
            app.extensions["frontdesk.settings"] = settings.model_copy(update={"redis_url": url})
            answer = browser(app).get("/readyz")
            assert (answer.status_code, said in answer.text) == (200, True)


def _tries(url: str, count: int) -> list[int]:
    return [requests.get(f"{url}/sign-in", allow_redirects=False, timeout=PATIENCE).status_code for _ in range(count)]


def test_two_processes_share_their_rate_limits_over_redis_and_go_on_alone_without_it(
    tmp_path: Path, simulator: Any, livekit: LiveKit
):
    chosen = {"oidc_issuer": simulator.issuer, "livekit_url": livekit.url, "sign_in_limit": "4 per 10 minutes"}
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with redis_server() as redis_url:
        running = redis_server_pair(folders, redis_url=redis_url, **chosen)
        with running as (one, two):
            assert _tries(one.url, 3) == [303] * 3
            assert _tries(two.url, 2) == [303, 429], "the fourth in all, and one too many"
            assert _tries(one.url, 1) == [429]
            stop_redis(redis_url)
            assert _tries(one.url, 5) == [303] * 4 + [429], "each counts for itself now"
            assert _tries(two.url, 1) == [303]


@contextmanager
def redis_server_pair(folders: list[Path], **chosen: Any) -> Iterator[tuple[Any, Any]]:
    """Two served installations on one Redis."""
    with installed(folders[0], **chosen) as one, installed(folders[1], **chosen) as two:
        one.serve()
        two.serve()
        yield one, two


def stop_redis(url: str) -> None:
    """End the server as an outage would."""
    with redis.Redis.from_url(url) as client:
        client.shutdown(nosave=True)


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """The file of an app on SQLite, whatever the run is on; it waits for other writers only briefly."""

    def hurry(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 1500")

    path = tmp_path / "frontdesk.sqlite3"
    with app_with(settings, database_url=f"sqlite:///{path}"):
        metadata.create_all(db.engine)
        event.listen(db.engine, "checkout", hurry)
        yield path
        event.remove(db.engine, "checkout", hurry)


def signed_in() -> Browser:
    """The owner at the app whose context is current."""
    return browser(current_app._get_current_object(), persona("owner"))  # type: ignore[attr-defined]


@contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    """Another program holds SQLite's only write lock."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def theme(who: str) -> str:
    db.session.rollback()
    found = db.session.scalars(sa.select(User.theme).where(User.email == f"{who}@frontdesk.example")).one()
    db.session.commit()
    return found


CHOICE = {"language": "en", "timezone": "", "theme": "dark"}


def test_while_sqlite_is_locked_pages_are_read_and_changes_are_refused_in_words(file: Path):
    owner = signed_in()
    with locked(file):
        assert owner.get("/account/").status_code == 200
        answer = owner.post("/account/", data=CHOICE)
        assert answer.status_code == 503 and "The database didn&#39;t answer" in answer.text
    assert theme("owner") == ""
    assert owner.post("/account/", data=CHOICE).status_code == 303
    assert theme("owner") == "dark"


def test_a_change_waits_for_another_writer_of_sqlite_and_is_kept(file: Path):
    owner = signed_in()
    with locked(file) as other:
        timer = threading.Timer(0.5, lambda: other.execute("COMMIT"))
        timer.start()
        assert owner.post("/account/", data=CHOICE).status_code == 303
        timer.join()
    assert theme("owner") == "dark"


def test_reading_works_while_sqlite_is_locked_even_when_the_time_last_seen_is_to_be_written(file: Path):
    owner = signed_in()
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE user_sessions SET seen_at = '2026-01-01 00:00:00'"))
    with locked(file):
        assert owner.get("/account/").status_code == 200
