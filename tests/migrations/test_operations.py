"""What versions do to large tables: alike on both databases, without stopping anybody, and again after a failure."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from flask import Flask

from migrations import running
from tests.migrations.drafts import Drafts
from tests.migrations.filling import fill
from tests.migrations.kinds import on_postgresql
from tests.support.waiting import PATIENCE, until
from webapp.core.db import db
from webapp.core.schema import configuration

INDEX = 'operations.create_index("ix_rooms_draft", "rooms", ["created_at", "id"], where="deleted_at IS NULL")'
CHECK = 'operations.create_check("ck_rooms_draft", "rooms", "web_count >= 0")'
KEY = 'operations.create_foreign_key("fk_calls_draft", "calls", ["room_id"], "rooms", ["id"], ondelete="CASCADE")'
NOT_NULL = 'operations.set_not_null("rooms", "last_event_at", sa.DateTime(timezone=True))'
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@pytest.fixture
def newest(empty: Flask) -> None:
    """A database of the newest shipped version, with rows."""
    command.upgrade(configuration(), "head")
    with db.engine.begin() as connection:
        fill(connection)


def told(table: str) -> dict[str, object]:
    """What is known of a table, by name."""
    there = sa.inspect(db.engine)
    return {
        **{str(index["name"]): index for index in there.get_indexes(table)},
        **{str(check["name"]): check for check in there.get_check_constraints(table)},
        **{str(key["name"]): key for key in there.get_foreign_keys(table)},
    }


def do(statement: str) -> None:
    """Change the database by hand."""
    with db.engine.begin() as connection:
        connection.execute(sa.text(statement))


def count(statement: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.scalar(sa.text(statement)) or 0)


@contextmanager
def in_use(statement: str) -> Iterator[None]:
    """Somebody's transaction stays open."""
    with db.engine.connect() as connection:
        connection.execute(sa.text(statement))
        yield
        connection.rollback()


def test_an_index_is_made_and_taken_away(newest: None, drafts: Drafts):
    drafts.write(INDEX, 'operations.drop_index("ix_rooms_draft", "rooms")')
    command.upgrade(drafts.configuration(), "head")
    assert told("rooms")["ix_rooms_draft"]["column_names"] == ["created_at", "id"]
    command.downgrade(drafts.configuration(), "-1")
    assert "ix_rooms_draft" not in told("rooms")


def test_constraints_are_made_and_hold(newest: None, drafts: Drafts):
    drafts.write(CHECK)
    drafts.write('op.execute("UPDATE calls SET room_id = (SELECT id FROM rooms LIMIT 1)")')
    drafts.write(KEY)
    drafts.write(NOT_NULL)
    command.upgrade(drafts.configuration(), "head")
    assert "ck_rooms_draft" in told("rooms") and "fk_calls_draft" in told("calls")
    for broken in ("web_count = -1", "last_event_at = NULL"):
        with pytest.raises(sa.exc.IntegrityError):
            do(f"UPDATE rooms SET {broken}")


def test_rows_that_break_a_new_constraint_are_named_by_it(newest: None, drafts: Drafts):
    do("UPDATE rooms SET web_count = -1")
    drafts.write(CHECK)
    with pytest.raises(sa.exc.IntegrityError, match="ck_rooms_draft"):
        command.upgrade(drafts.configuration(), "head")
    do("UPDATE rooms SET web_count = 0")
    command.upgrade(drafts.configuration(), "head")
    assert "ck_rooms_draft" in told("rooms")


@on_postgresql
def test_an_index_that_stopped_half_way_is_dropped_and_made_anew(newest: None, drafts: Drafts):
    drafts.write('operations.create_index("uq_rooms_draft", "rooms", ["web_count"], unique=True)')
    do("UPDATE rooms SET web_count = 1")
    with pytest.raises(sa.exc.IntegrityError):
        command.upgrade(drafts.configuration(), "head")
    assert count(INVALID) == 1
    do("UPDATE rooms SET web_count = (SELECT count(*) FROM rooms AS others WHERE others.id < rooms.id)")
    command.upgrade(drafts.configuration(), "head")
    assert count(INVALID) == 0 and told("rooms")["uq_rooms_draft"]["unique"]


@on_postgresql
def test_people_write_while_an_index_waits_for_them(newest: None, drafts: Drafts):
    """The index waits for an older transaction on its table, longer than a lock of a common change may take."""
    drafts.write(INDEX)
    with in_use("UPDATE rooms SET web_count = 5"):
        upgrade = threading.Thread(target=command.upgrade, args=(drafts.configuration(), "head"))
        upgrade.start()
        until_waiting("CREATE INDEX CONCURRENTLY")
        time.sleep(running.LOCK_SECONDS + 1)
        assert upgrade.is_alive()
        do("INSERT INTO old_slugs SELECT 'another', id, created_at FROM rooms LIMIT 1")
        do("UPDATE calls SET end_reason = 'written meanwhile'")
    upgrade.join(PATIENCE)
    assert "ix_rooms_draft" in told("rooms")


def until_waiting(statement: str) -> None:
    """A statement that begins so waits for a lock."""
    waiting = f"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '{statement}%'"
    until(lambda: count(waiting))


@on_postgresql
def test_a_table_in_use_is_given_up_soon_in_words_and_what_was_done_of_the_version_is_undone(
    newest: None, drafts: Drafts
):
    first = drafts.write('op.add_column("users", sa.Column("nickname", sa.Text()))')
    drafts.write(
        'op.add_column("users", sa.Column("second", sa.Text()))\nop.add_column("rooms", sa.Column("second", sa.Text()))'
    )
    with in_use("UPDATE rooms SET web_count = 5"):
        begun = time.monotonic()
        with pytest.raises(CommandError, match=r"in use for longer than 5 s.*Run `flask db upgrade` again"):
            command.upgrade(drafts.configuration(), "head")
        assert time.monotonic() - begun < 30
    names = {column["name"] for column in sa.inspect(db.engine).get_columns("users")}
    assert "nickname" in names and "second" not in names
    assert count(f"SELECT count(*) FROM alembic_version WHERE version_num = '{first}'") == 1
    command.upgrade(drafts.configuration(), "head")


@on_postgresql
def test_a_version_that_does_more_than_run_outside_a_transaction_is_refused(newest: None, drafts: Drafts):
    drafts.write(f'op.add_column("users", sa.Column("nickname", sa.Text()))\n{INDEX}')
    with pytest.raises(RuntimeError, match="a version of its own"):
        command.upgrade(drafts.configuration(), "head")
    assert "nickname" not in {column["name"] for column in sa.inspect(db.engine).get_columns("users")}


@on_postgresql
def test_no_request_inherits_the_limits_of_a_migration(empty: Flask):
    with db.engine.connect() as connection:
        usual = connection.scalar(sa.text("SHOW lock_timeout"))
    command.upgrade(configuration(), "head")
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW lock_timeout")) == usual
