"""Rows into tables, as many and as fast as the database takes them."""

import enum
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from webapp.core.db import Model

CHUNK = 5_000
Row = dict[str, Any]


def load(connection: Connection, model: type[Model], rows: Iterable[Row]) -> int:
    """Insert the rows in the connection's transaction and return how many.

    Columns that the rows leave out have the model's constants.
    """
    table = sa.inspect(model).local_table
    assert isinstance(table, sa.Table)
    constants = _constants(table)
    full = (constants | row for row in rows)
    return (
        _copy(connection, table, full) if connection.dialect.name == "postgresql" else _insert(connection, table, full)
    )


def _constants(table: sa.Table) -> Row:
    """What the models fill in themselves and is the same for every row; keys made by the database stay out."""
    columns = (column for column in table.columns if column is not table.autoincrement_column)
    return {column.name: _constant(column) for column in columns}


def _constant(column: sa.Column[Any]) -> Any:
    default = column.default
    if isinstance(default, sa.ColumnDefault) and default.is_callable and default.arg.__name__ == "dict":
        return {}
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _insert(connection: Connection, table: sa.Table, rows: Iterator[Row]) -> int:
    count = 0
    while chunk := list(islice(rows, CHUNK)):
        connection.execute(sa.insert(table), chunk)
        count += len(chunk)
    return count


def _copy(connection: Connection, table: sa.Table, rows: Iterator[Row]) -> int:
    """PostgreSQL's COPY takes about ten times what INSERT takes."""
    first = next(rows, None)
    if first is None:
        return 0
    columns = [(name, _written(table.columns[name])) for name in first]
    quote = connection.dialect.identifier_preparer
    names = ", ".join(quote.quote(name) for name, _write in columns)
    cursor = connection.connection.cursor()
    count = 1
    with cursor.copy(f"COPY {quote.format_table(table)} ({names}) FROM STDIN") as copy:
        copy.write_row([write(first[name]) for name, write in columns])
        for count, row in enumerate(rows, 2):  # noqa: B007 - the count is the answer
            copy.write_row([write(row[name]) for name, write in columns])
    return count


def _written(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """How COPY wants a value of this column."""
    if isinstance(column.type, sa.JSON):
        return json.dumps
    return _plain if isinstance(column.type, sa.Enum) else _same


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _same(value: Any) -> Any:
    return value
