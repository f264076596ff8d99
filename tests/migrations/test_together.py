"""Upgrades of one database at the same time: one after the other, each of them to its end, and none for ever."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from flask import Flask

from migrations.running import LOCK
from tests.migrations.drafts import Drafts
from tests.migrations.filling import fill
from tests.support.processes import end
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.core.schema import configuration

ROOT = Path(__file__).parent.parent.parent
UPGRADE = """
import sys
from alembic import command
from webapp import create_app
from webapp.core.schema import configuration

with create_app().app_context():
    config = configuration()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", sys.argv[1])
    command.upgrade(config, "head")
"""
OLDER = "e6c07ef9fce3"


def started(url: str, *command_line: str, **told: int) -> subprocess.Popen[str]:
    """A program of Frontdesk in a process of its own."""
    environment = os.environ | {"FRONTDESK_ENVIRONMENT": "testing", "FRONTDESK_DATABASE_URL": url}
    environment |= {f"FRONTDESK_DATABASE_{name.upper()}": str(value) for name, value in told.items()}
    line = [sys.executable, *command_line]
    return subprocess.Popen(
        line, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(*programs: subprocess.Popen[str]) -> list[str]:
    """Wait for them; what the failed ones wrote."""
    try:
        written = [program.communicate(timeout=120)[0] for program in programs]
    finally:
        for program in programs:
            end(program)
    return [text for program, text in zip(programs, written, strict=True) if program.returncode]


def test_the_fewest_connections_that_can_be_set_suffice_for_an_upgrade(empty_url: str):
    fewest = next(limit.ge for limit in Settings.model_fields["database_pool_size"].metadata if hasattr(limit, "ge"))
    upgrade = started(empty_url, "-c", UPGRADE, "migrations/versions", pool_size=fewest)
    assert ended(upgrade) == []


@pytest.mark.parametrize("start", ["base", OLDER])
def test_upgrades_that_start_together_go_one_after_the_other(empty: Flask, empty_url: str, drafts: Drafts, start: str):
    if start != "base":
        command.upgrade(configuration(), start)
        with db.engine.begin() as connection:
            fill(connection)
    drafts.write('operations.create_index("ix_rooms_one", "rooms", ["created_at"])')
    drafts.write('operations.create_index("ix_rooms_two", "rooms", ["created_at", "id"])')
    locations = drafts.configuration().get_main_option("version_locations") or ""
    assert ended(*(started(empty_url, "-c", UPGRADE, locations) for _ in range(3))) == []
    assert {"ix_rooms_one", "ix_rooms_two"} < {
        str(index["name"]) for index in sa.inspect(db.engine).get_indexes("rooms")
    }
    with db.engine.connect() as connection:
        assert connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all() == [drafts.newest]


@contextmanager
def upgrading(url: str) -> Iterator[None]:
    """Another upgrade is under way and does not end."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            yield


def test_an_upgrade_waits_so_long_for_another_and_then_says_what_to_do(empty: Flask, empty_url: str):
    with upgrading(empty_url):
        (written,) = ended(started(empty_url, "-m", "flask", "--app", "wsgi", "db", "upgrade", "--wait", "1"))
    assert "after 1 s. Nothing was changed." in written and "run `flask db upgrade` again" in written
    assert "Traceback" not in written
    assert ended(started(empty_url, "-m", "flask", "--app", "wsgi", "db", "upgrade")) == []
