"""A database that was never migrated, or not by this release, is noticed before people are let in."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask

from tests.support.installed import Installation, installed
from tests.support.waiting import PATIENCE, until
from webapp.core import revisions
from webapp.core.db import db
from webapp.core.schema import MIGRATIONS, configuration

ROOT = Path(__file__).parent.parent.parent
VERSIONS = ScriptDirectory(str(MIGRATIONS))
NEWEST = str(VERSIONS.get_current_head())
OLDER = str(VERSIONS.get_revision(NEWEST).down_revision)
NEVER, NEWER = "", "fromthefuture"
SERVERS = {
    "gunicorn": ("gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"),
    "flask run": ("flask", "--app", "wsgi", "run", "--port", "0"),
    "flask worker": ("flask", "--app", "wsgi", "worker"),
}


@pytest.fixture
def site(own_database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation whose processes a test starts itself."""
    with installed(tmp_path, database_url=own_database_url) as one:
        yield one


def leave_at(site: Installation, version: str) -> None:
    """The database says that it has this version, or none."""
    engine = sa.create_engine(site.settings["FRONTDESK_DATABASE_URL"], poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
        if version:
            connection.execute(sa.text(f"INSERT INTO alembic_version VALUES ('{version}')"))


def run(site: Installation, *command_line: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the installation to its end."""
    line = [sys.executable, *command_line]
    environment = site.settings | settings
    return subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def ready(site: Installation) -> tuple[int, str]:
    answer = requests.get(f"{site.url}/readyz", timeout=PATIENCE)
    return answer.status_code, answer.text


def test_the_newest_version_is_known_without_alembic_and_is_alembics():
    assert revisions.newest() == NEWEST
    assert {revisions.Schema(script.revision).state.value for script in VERSIONS.walk_revisions()} == {
        "current",
        "behind",
    }


def test_no_web_process_loads_what_only_others_need(site: Installation):
    done = run(site, "-c", "import wsgi, sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "webapp" in loaded
    assert not loaded & {"alembic", "boto3", "botocore"}
    assert not loaded & {"livekit.api", "aiohttp"}, "what only a question to LiveKit needs"
    assert "redis" not in loaded, "as none is named"
    assert ("psycopg" in loaded) == site.settings["FRONTDESK_DATABASE_URL"].startswith("postgresql")


def test_after_the_start_the_garbage_collector_works_again(site: Installation):
    done = run(site, "-c", "import wsgi, gc; print(gc.isenabled())")
    assert done.stdout.split() == ["True"], done.stderr


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("version", [NEVER, OLDER])
def test_servers_refuse_to_start_on_a_database_that_is_behind_and_say_the_command(
    site: Installation, server: str, version: str
):
    leave_at(site, version)
    done = run(site, "-m", *SERVERS[server])
    assert done.returncode != 0
    assert "schema behind" in done.stderr and "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_file_a_server_refuses_and_makes_none(site: Installation, tmp_path: Path):
    nowhere = tmp_path / "none.sqlite3"
    done = run(site, "-m", *SERVERS["gunicorn"], FRONTDESK_DATABASE_URL=f"sqlite:///{nowhere}")
    assert "schema behind: the database was never migrated" in done.stderr
    assert not nowhere.exists()


def test_a_server_that_may_wait_starts_when_the_database_was_brought_up(site: Installation):
    leave_at(site, OLDER)
    site.settings["FRONTDESK_SCHEMA_WAIT_SECONDS"] = "60"
    worker = site.work()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(4)
    assert "runner.started" not in site.written()
    leave_at(site, NEWEST)
    until(lambda: "runner.started" in site.written())
    worker.terminate()
    assert worker.wait(PATIENCE) == 0


def test_a_server_that_waited_long_enough_refuses(site: Installation):
    leave_at(site, OLDER)
    done = run(site, "-m", *SERVERS["gunicorn"], FRONTDESK_SCHEMA_WAIT_SECONDS="1")
    assert done.returncode != 0 and "schema behind" in done.stderr


def test_a_running_server_is_ready_only_while_the_database_is_not_behind(site: Installation):
    site.serve()
    assert ready(site)[0] == 200
    for version in (OLDER, NEVER):
        leave_at(site, version)
        status, text = ready(site)
        assert status == 503 and "schema behind" in text and "flask db upgrade" in text
    leave_at(site, NEWEST)
    assert ready(site)[0] == 200


def test_a_database_of_a_newer_release_is_said_and_served_while_servers_are_replaced(site: Installation):
    leave_at(site, NEWER)
    site.serve()
    status, text = ready(site)
    assert status == 200 and "schema newer: a newer Frontdesk has upgraded the database" in text
    assert "schema.newer" in site.written()


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (NEWEST, f"schema: {NEWEST}, the newest"),
        (OLDER, f"schema behind: the database is at {OLDER}, the newest is {NEWEST}. Run: flask db upgrade"),
        ("base", f"schema behind: the database was never migrated, the newest is {NEWEST}. Run: flask db upgrade"),
    ],
)
def test_current_says_the_version_and_whether_it_is_the_newest(empty: Flask, version: str, words: str):
    if version != "base":
        command.upgrade(configuration(), version)
    done = empty.test_cli_runner().invoke(args=["db", "current"])
    assert (done.exit_code, done.output) == (0, words + "\n")


@pytest.mark.parametrize("words", [["upgrade"], ["downgrade", "base"]])
def test_a_database_of_a_newer_release_is_not_moved_by_this_one(empty: Flask, words: list[str]):
    command.upgrade(configuration(), "head")
    with db.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{NEWER}'"))
    done = empty.test_cli_runner().invoke(args=["db", *words])
    assert done.exit_code == 1
    assert f"a newer Frontdesk has upgraded the database to {NEWER}" in done.output
    assert "Run the newer Frontdesk" in done.output
