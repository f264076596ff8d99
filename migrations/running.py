"""How migrations are run: one upgrade at a time, with time limits of their own, and no row left without its parent.

Nothing here imports the application: migrations outlive its code.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine

LOCK = 7_301_884_411  # any constant that nobody else uses for an advisory lock
PATIENCE_SECONDS = 600  # for another upgrade; the longest index is built by then
POLL_SECONDS = 0.2
LOCK_SECONDS = 5  # while a change of a table waits for its lock, everybody else waits behind it
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code


@contextmanager
def alone(engine: Engine, patience: float) -> Iterator[Connection]:
    """The connection to migrate on, once no other upgrade is under way; it is closed afterwards, not kept.

    Raises CommandError after `patience` seconds, or when a table is in use for longer than LOCK_SECONDS.
    """
    with _in_words(patience), _turn(engine, patience), _given_up_afterwards(engine.connect()) as connection:
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(connection, patience)
        else:
            _prepare_postgresql(connection)
        yield connection


@contextmanager
def _turn(engine: Engine, patience: float) -> Iterator[None]:
    """Wait for other upgrades of a PostgreSQL database; on SQLite its one write lock does it.

    Asks again and again instead of waiting inside the server: a waiting statement is a transaction, for whose end
    CREATE INDEX CONCURRENTLY of the other upgrade would wait, and neither would ever go on.
    """
    if engine.dialect.name == "sqlite":
        yield
        return
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with _given_up_afterwards(autocommit.connect()) as connection:  # the lock ends with its connection
        deadline = time.monotonic() + patience
        while not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"Another upgrade of this database was still running after {patience:g} s. Nothing was changed. "
                    "Wait for it to end, then run `flask db upgrade` again."
                )
            time.sleep(POLL_SECONDS)
        yield


@contextmanager
def _given_up_afterwards(connection: Connection) -> Iterator[Connection]:
    """Close it instead of giving it back to the pool: no request shall inherit what migrations set on it."""
    with connection:
        try:
            yield connection
        finally:
            connection.invalidate()


def _prepare_sqlite(connection: Connection, patience: float) -> None:
    """Foreign keys off: to recreate a table is to drop it, and the rows that point to it would be deleted with it.

    Goes past SQLAlchemy, which would begin a transaction, in which the pragma does nothing.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")


def _prepare_postgresql(connection: Connection) -> None:
    """A migration may take long, but it never lets others wait long for a table."""
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
    connection.commit()


def refuse_orphans(*, ctx: MigrationContext, step: MigrationInfo, **_others: object) -> None:
    """Raise CommandError when a version leaves rows on SQLite whose parents are gone; the transaction is rolled back.

    PostgreSQL refuses them itself.
    """
    connection = ctx.connection
    if connection is None or connection.dialect.name != "sqlite":
        return
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        places = sorted({f"rows of {table} without their row of {parent}" for table, _row, parent, _key in orphans})
        raise CommandError(
            f"Version {step.up_revision_id} would leave {', '.join(places)} ({len(orphans)} in all). Everything was "
            "rolled back: the database is as it was."
        )


@contextmanager
def _in_words(patience: float) -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise CommandError(
                f"A table was in use for longer than {LOCK_SECONDS} s, by a long transaction or a backup. The version "
                "under way was rolled back, those before it are done. Run `flask db upgrade` again."
            ) from error
        if "database is locked" in str(error.orig):
            raise CommandError(
                f"Another program was still writing to the database after {patience:g} s. Nothing was changed. "
                "Stop it, then run `flask db upgrade` again."
            ) from error
        raise
