"""Empty databases of both kinds, and versions that no release has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.migrations.drafts import Drafts
from tests.plugins.servers import fresh_database
from webapp import create_app
from webapp.core.config import Settings
from webapp.core.db import db


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        with fresh_database(request.getfixturevalue("postgresql_url"), f"migrations_{worker_id}") as url:
            yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Flask]:
    """An app on an empty database of either kind."""
    app = create_app(Settings(environment="testing", database_url=empty_url))
    with app.app_context():
        yield app
        db.session.rollback()
        db.dispose()


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    """A folder for versions after the newest."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    return Drafts(folder)
