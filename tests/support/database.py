"""The database between two tests, and one that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from webapp.core.db import db
from webapp.models import metadata

FILLED = sa.union_all(
    *(sa.select(sa.literal(table.name)).where(sa.exists().select_from(table)) for table in metadata.sorted_tables)
)


def empty() -> None:
    """Delete every row. Asks first which tables have any: to empty them all takes longer than most tests."""
    with db.engine.begin() as connection:
        filled = set(connection.scalars(FILLED))
        for table in reversed(metadata.sorted_tables):
            if table.name in filled:
                connection.execute(table.delete())


def turn_unordered_rows_round() -> None:
    """Let SQLite give rows in reverse where nobody asked for an order, which PostgreSQL gives as they happen to lie.

    Source: SQLite's PRAGMA reverse_unordered_selects, made for such faults.
    """
    if db.engine.dialect.name != "sqlite":
        return

    def turn(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA reverse_unordered_selects=ON")

    for engine in db.engines:
        event.listen(engine, "connect", turn)


LOCKED = OperationalError("", None, Exception("database is locked"))


@contextmanager
def failing(part: str, error: BaseException, *, times: int | None = None, after: int = 0) -> Iterator[list[str]]:
    """Inside the block the database fails statements with this part, so often or always; gives those that it failed.

    It lets as many pass `after` which it begins to fail.
    """
    passed: list[str] = []
    failed: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if part not in statement or (times is not None and len(failed) >= times):
            return
        if len(passed) < after:
            passed.append(statement)
            return
        failed.append(statement)
        raise error

    for engine in db.engines:
        event.listen(engine, "before_cursor_execute", fail)
    try:
        yield failed
    finally:
        for engine in db.engines:
            event.remove(engine, "before_cursor_execute", fail)


@contextmanager
def somebody_inserts_first(table: str) -> Iterator[list[str]]:
    """Inside the block another connection inserts the same row before the first into `table`; gives what it did.

    SQLite lets nobody come between a writer's look and its insert: there is nothing to see there.
    """
    done: list[str] = []

    def insert(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if done or not statement.startswith(f"INSERT INTO {table} "):
            return
        done.append(statement)
        with db.engine.begin() as another:
            another.exec_driver_sql(statement, parameters)

    event.listen(db.engine, "before_cursor_execute", insert)
    try:
        yield done
    finally:
        event.remove(db.engine, "before_cursor_execute", insert)
