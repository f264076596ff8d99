"""How migrations are run: no row is deleted in passing, and none is left without its parent.

Nothing here imports the application: migrations outlive its code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine


@contextmanager
def opened(engine: Engine) -> Iterator[Connection]:
    """The connection to migrate on; it is closed afterwards, not kept."""
    with engine.connect() as connection:
        connection.detach()  # what is set below belongs to migrations: no request shall inherit it
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(connection)
        yield connection


def _prepare_sqlite(connection: Connection) -> None:
    """Foreign keys off: to recreate a table is to drop it, and the rows that point to it would be deleted with it.

    Goes past SQLAlchemy, which would begin a transaction, in which the pragma does nothing.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")


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
