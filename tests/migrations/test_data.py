"""No version loses a row, up or down, on either database; what would is refused as a whole."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask

from tests.migrations.drafts import Drafts
from tests.migrations.filling import contents, fill, in_order
from tests.migrations.kinds import on_sqlite
from webapp.core.db import db
from webapp.core.schema import MIGRATIONS, configuration

VERSIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]  # the newest first
RECREATE_USERS = """
with op.batch_alter_table("users") as batch:
    batch.alter_column("theme", type_=sa.String(40), existing_type=sa.Text())
"""


def read() -> dict[str, list[dict[str, str]]]:
    """Everything that the database holds."""
    with db.engine.connect() as connection:
        return contents(connection)


def version() -> str | None:
    """The version that the database has."""
    with db.engine.connect() as connection:
        return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))


def filled(numbers: Iterator[int] | None = None) -> None:
    """Rows everywhere: believable ones, and some that fill every column of every table."""
    with db.engine.begin() as connection:
        fill(connection, numbers)


def common(one: dict[str, list[dict[str, str]]], other: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    """What the first holds in tables and columns that the other has too."""
    both = {table: other[table][0].keys() if other[table] else None for table in one if table in other}
    return {
        table: in_order({name: row[name] for name in row if names is None or name in names} for row in one[table])
        for table, names in both.items()
    }


def test_each_version_keeps_every_row_on_its_way_down_and_up_again(empty: Flask):
    command.upgrade(configuration(), "head")
    assert empty.test_cli_runner().invoke(args=["seed", "--rooms", "30"]).exit_code == 0
    filled()
    above = read()
    assert all(above.values()), "a table without a row proves nothing"
    for below_it in [*VERSIONS[1:], "base"]:
        command.downgrade(configuration(), below_it)
        below = read()
        assert common(below, above) == common(above, below), f"down to {below_it}"
        above = below
    for each in reversed(VERSIONS):
        below = read()
        command.upgrade(configuration(), each)
        above = read()
        assert common(below, above) == common(above, below), f"up to {each}"


def test_rows_of_each_older_version_come_up_to_the_newest_without_losing_one(empty: Flask):
    numbers = itertools.count(1000)
    for each in reversed(VERSIONS):
        before = read()
        command.upgrade(configuration(), each)
        after = read()
        assert common(before, after) == common(after, before), f"up to {each}"
        filled(numbers)


def test_a_table_made_anew_keeps_the_rows_that_point_to_it(empty: Flask, drafts: Drafts):
    command.upgrade(configuration(), "head")
    filled()
    before = read()
    drafts.write(RECREATE_USERS, RECREATE_USERS)
    for move, where in ((command.upgrade, "head"), (command.downgrade, "-1")):
        move(drafts.configuration(), where)
        assert {table: len(rows) for table, rows in read().items()} == {
            table: len(rows) for table, rows in before.items()
        }


@on_sqlite
def test_foreign_keys_are_on_again_for_everybody_after_a_migration(empty: Flask):
    command.upgrade(configuration(), "head")
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@on_sqlite
def test_a_version_that_leaves_rows_without_their_parents_is_refused_and_undone(empty: Flask, drafts: Drafts):
    command.upgrade(configuration(), "head")
    filled()
    before, was = read(), version()
    drafts.write('op.add_column("users", sa.Column("nickname", sa.Text()))')
    drafts.write('op.execute("DELETE FROM users")')
    with pytest.raises(CommandError, match=r"draft1 would leave .* of accesses without .* users .*rolled back"):
        command.upgrade(drafts.configuration(), "head")
    assert (read(), version()) == (before, was)


@on_sqlite
def test_a_downgrade_that_fails_on_its_way_leaves_sqlite_as_it_was(empty: Flask, drafts: Drafts):
    command.upgrade(configuration(), "head")
    filled()
    drafts.write("pass", 'op.execute("DELETE FROM rooms WHERE no_such_column = 1")')
    drafts.write('op.add_column("users", sa.Column("nickname", sa.Text()))', 'op.drop_column("users", "nickname")')
    command.upgrade(drafts.configuration(), "head")
    before, was = read(), version()
    with pytest.raises(sa.exc.OperationalError, match="no_such_column"):
        command.downgrade(drafts.configuration(), "-2")
    assert (read(), version()) == (before, was)
