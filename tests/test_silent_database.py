"""PostgreSQL that takes a question and gives no answer, or is in somebody else's hands: nobody waits for it for long.

Each limit is measured at three times what is promised: the machine may be busy.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg import errors
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from tests.plugins.servers import fresh_database
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, browser, persona
from tests.support.proxy import Proxy, proxy_to_socket
from webapp import create_app
from webapp.core import connections, health, patience
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata

PAGE, HOOK, PROBE = 6.0, 3.0, 2.0  # seconds promised
TIMES = 3
GONE = "The database didn't answer"
MEDIA = {
    "X-Original-Method": "GET",
    "X-Original-URI": "/media/recordings/01a22d36-ddf2-770d-864b-a4520e560ce9.mp4",
}


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[Proxy]:
    """Stands between the app and PostgreSQL."""
    folder = str(sa.engine.make_url(postgresql_url).query["host"])
    with proxy_to_socket(f"{folder}/.s.PGSQL.5432") as made:
        yield made


@pytest.fixture
def silenced(proxy: Proxy, postgresql_url: str, worker_id: str, settings: Settings) -> Iterator[Flask]:
    """An app whose PostgreSQL is behind the proxy; it has three connections to read and three to change."""
    with fresh_database(postgresql_url, f"silent_{worker_id}") as url:
        behind = sa.engine.make_url(url).set(host="127.0.0.1", port=proxy.port, query={})
        text = behind.render_as_string(hide_password=False)
        app = create_app(
            settings.model_copy(update={"database_url": text, "database_pool_size": 6, "database_patience": 1})
        )
        with app.app_context():
            metadata.create_all(db.engine)
            yield app
            db.dispose()


@contextmanager
def takes_less_than(promised: float) -> Iterator[None]:
    """Fail when the block takes longer than a busy machine may take for it."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < promised * TIMES


def statuses(app: Flask, client: Browser, livekit: LiveKit) -> dict[str, int]:
    """Ask each kind of request once, and see that it is answered in time, with words where people read them."""
    swap = {"HX-Request": "true"}
    asked: list[tuple[str, float, Callable[[], TestResponse]]] = [
        ("page", PAGE, lambda: client.get("/rooms/")),
        ("poll", PAGE, lambda: client.get("/rooms/hcm-rxqt-bdw/queue?v=1-1", headers=swap)),
        ("change", PAGE, lambda: client.post("/account/", data={"language": "en", "timezone": "", "theme": "dark"})),
        ("join", PAGE, lambda: browser(app).get("/join/hcm-rxqt-bdw")),
        ("hook", HOOK, lambda: hook(app, livekit)),
        ("media", HOOK, lambda: client.get("/hooks/media-auth", headers=MEDIA)),
        ("probe", PROBE, lambda: browser(app).get("/readyz")),
    ]
    answered = {}
    for name, promised, request in asked:
        with takes_less_than(promised):
            answer = request()
        answered[name] = answer.status_code
        assert GONE in unescape(answer.text) or name == "probe"
    return answered


def hook(app: Flask, livekit: LiveKit) -> TestResponse:
    """A hook as LiveKit signs it."""
    raw = json.dumps({"event": "room_started", "id": "EV_1", "room": {"name": "elsewhere"}}).encode()
    return browser(app).post("/hooks/livekit", data=raw, headers=livekit.signed(raw))


def test_a_postgresql_that_goes_silent_is_told_in_words_within_the_promised_time_and_found_again(
    silenced: Flask, proxy: Proxy, livekit: LiveKit
):
    client = browser(silenced, persona("owner"))
    assert client.get("/rooms/").status_code == 200
    silenced.extensions.pop(health.EXTENSION, None)
    with proxy.silent():
        assert set(statuses(silenced, client, livekit).values()) == {503}
    assert client.get("/rooms/").status_code == 200
    assert hook(silenced, livekit).status_code == 200
    assert browser(silenced).get("/readyz").status_code == 200


def test_metrics_are_told_in_time_without_those_that_a_silent_database_would_tell(silenced: Flask, proxy: Proxy):
    client = browser(silenced)
    assert "frontdesk_rooms_live" in client.get("/metrics").text
    with proxy.silent(), takes_less_than(PROBE):
        answer = client.get("/metrics")
    assert answer.status_code == 200 and "frontdesk_requests_total{" in answer.text
    assert "frontdesk_rooms_live" not in answer.text
    assert "frontdesk_rooms_live" in client.get("/metrics").text


def test_when_all_connections_are_in_use_the_answers_come_in_time_too(silenced: Flask, livekit: LiveKit):
    client = browser(silenced, persona("owner"))
    silenced.extensions.pop(health.EXTENSION, None)
    with ExitStack() as taken:
        for engine in db.engines:
            for _ in range(3):
                taken.enter_context(engine.connect()).execute(sa.text("SELECT 1"))
        assert set(statuses(silenced, client, livekit).values()) == {503}
    assert client.get("/rooms/").status_code == 200


def test_whoever_finds_a_row_locked_by_another_program_hears_so_in_time(silenced: Flask, livekit: LiveKit):
    client = browser(silenced, persona("owner"))
    with db.engine.connect() as other:
        other.execute(sa.text("LOCK TABLE users, deliveries IN ACCESS EXCLUSIVE MODE"))
        with takes_less_than(PAGE):
            assert GONE in unescape(client.get("/account/").text)
        with takes_less_than(HOOK):
            assert hook(silenced, livekit).status_code == 503
    assert client.get("/account/").status_code == 200


def test_a_process_opens_no_more_connections_than_its_setting_says(silenced: Flask):
    with ExitStack() as taken:
        for engine in db.engines:
            for _ in range(3):
                taken.enter_context(engine.connect())
            with patience.of(0.2), pytest.raises(sa.exc.TimeoutError):
                taken.enter_context(engine.connect())
        open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        another = sa.create_engine(db.engine.url, poolclass=NullPool)
        with another.connect() as connection:
            assert connection.scalar(sa.text(open_now)) == 6 + 1


def test_every_connection_has_limits_of_its_own(silenced: Flask):
    for engine in db.engines:
        with engine.connect() as connection:
            shown = {name: connection.scalar(sa.text(f"SHOW {name}")) for name in connections.LIMITS}
            assert shown == connections.LIMITS
            told: Any = connection.connection.dbapi_connection
            assert told.info.get_parameters().items() >= {"keepalives_idle": "10", "tcp_user_timeout": "15000"}.items()


def test_what_the_address_of_the_database_sets_itself_is_left_alone(silenced: Flask):
    chosen = db.engine.url.update_query_dict({"connect_timeout": "9", "options": "-c lock_timeout=1s"})
    engine = connections.postgresql(chosen.render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW lock_timeout")) == "1s"
        assert connection.scalar(sa.text("SHOW statement_timeout")) == connections.LIMITS["statement_timeout"]
        told: Any = connection.connection.dbapi_connection
        assert told.info.get_parameters()["connect_timeout"] == "9"
    engine.dispose()


def test_each_answer_begins_the_waiting_anew_so_a_page_may_ask_much(silenced: Flask):
    with patience.of(1.5), db.engine.connect() as connection:
        for _ in range(4):
            connection.execute(sa.text("SELECT pg_sleep(0.6)"))


def test_a_silent_connection_is_closed_and_not_given_to_the_next_who_asks(silenced: Flask):
    with patience.of(0.3), pytest.raises(sa.exc.OperationalError) as raised, db.engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_sleep(5)"))
    assert isinstance(raised.value.orig, errors.ConnectionTimeout) and raised.value.connection_invalidated
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_migrations_and_seeds_take_as_long_as_they_take(silenced: Flask):
    with patience.of(0.5), db.at_length() as connection:
        connection.execute(sa.text("SELECT pg_sleep(1.2)"))
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "0"
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW statement_timeout")) == connections.LIMITS["statement_timeout"]


def test_many_who_wait_for_a_silent_database_at_once_are_all_answered_in_time(silenced: Flask, proxy: Proxy):
    client = browser(silenced, persona("owner"))
    with client.session_transaction() as cookie:
        sign_in = dict(cookie)
    answered: list[int] = []

    def visit() -> None:
        with silenced.app_context():
            mine = silenced.test_client()
            with mine.session_transaction() as cookie:
                cookie.update(sign_in)
            answered.append(mine.get("/rooms/").status_code)

    visitors = [threading.Thread(target=visit) for _ in range(12)]
    with proxy.silent(), takes_less_than(PAGE):
        for each in visitors:
            each.start()
        for each in visitors:
            each.join()
    assert answered == [503] * 12
