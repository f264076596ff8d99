"""Fixtures for all tests: one app per worker, a clean database per test, browsers for personas."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from simulator.server import Addresses
from tests.support import clock
from tests.support.background import do_before_the_answer
from tests.support.database import empty, turn_unordered_rows_round
from tests.support.factories import make_room
from tests.support.personas import Browser, browser, persona
from tests.support.written import log_plainly
from webapp import create_app
from webapp.accounts.models import User
from webapp.core import due, refusals
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.core.security import limiter
from webapp.models import metadata
from webapp.rooms.models import Room

pytest_plugins = [
    "tests.plugins.components",
    "tests.plugins.servers",
    "tests.plugins.simulator",
    "tests.plugins.receiver",
    "tests.plugins.served",
    "tests.plugins.queries",
    "tests.plugins.installation",
    "tests.plugins.bucket",
    "tests.plugins.mail_server",
    "tests.plugins.stopped_clock",
]


def pytest_configure() -> None:
    """Log what can be read in the report of a test that failed."""
    log_plainly()


@pytest.fixture(scope="session")
def settings(database_url: str, simulator: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the app under test."""
    return Settings(
        environment="testing",
        database_url=database_url,
        recordings_dir=Path(tmp_path_factory.mktemp("recordings")),
        livekit_url=simulator.livekit,
        # a busy machine is no outage; tests of outages wait less, and so do those of SQLite's one lock
        database_patience=1 if database_url.startswith("sqlite") else 4,
        livekit_timeout=50,
        oidc_timeout=50,
    )


@pytest.fixture
def change_settings(settings: Settings) -> Iterator[Callable[..., None]]:
    """Run the app with other settings until the test ends."""
    before = dict(settings)

    def change(**values: object) -> None:
        for name, value in values.items():
            setattr(settings, name, value)

    yield change
    change(**before)


@pytest.fixture(scope="session")
def _app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    do_before_the_answer(app)
    app.extensions[due.RUNNER] = clock.Inline()
    with app.app_context():
        turn_unordered_rows_round()
        metadata.create_all(db.engine)
        yield app
        db.dispose()


@pytest.fixture
def app(_app: Flask) -> Iterator[Flask]:
    """The app inside an app context, on an empty database."""
    with _app.app_context():
        empty()
        limiter.reset()
        refusals.reset()
        yield _app


@pytest.fixture
def client(app: Flask) -> Browser:
    """An anonymous browser."""
    return browser(app)


@pytest.fixture
def client_as(app: Flask) -> Callable[[str | User], Browser]:
    """Makes a browser signed in as a persona, or as a given user."""
    return lambda who: browser(app, persona(who) if isinstance(who, str) else who)


@pytest.fixture
def room(app: Flask) -> Room:
    """A room with a persona in each role, and a PIN."""
    return make_room(
        "owner", administrator="administrator", member="member", name="Housing committee", slug="hcm-rxqt-bdw"
    )
