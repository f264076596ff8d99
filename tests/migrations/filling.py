"""Rows in every table of whatever version the database has: each column filled, each row with its parents."""

import itertools
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

ROWS = 3
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def fill(connection: Connection, numbers: Iterator[int] | None = None) -> None:
    """Add ROWS rows to every table, parents first; whoever fills twice gives the numbers that go on."""
    metadata = reflected(connection)
    numbers = numbers or itertools.count(1000)
    for _row in range(ROWS):
        last: dict[str, dict[str, Any]] = {}
        for table in metadata.sorted_tables:
            last[table.name] = row = {column.name: _value(column, next(numbers), last) for column in table.columns}
            connection.execute(table.insert().values(row))


def _value(column: sa.Column[Any], number: int, last: dict[str, dict[str, Any]]) -> Any:
    """A value that fits; a reference leads to the row that was added to the other table just before."""
    for key in column.foreign_keys:
        return last[key.column.table.name][key.column.name]
    kind = column.type
    if isinstance(kind, sa.DateTime):
        return NOW
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, sa.JSON):
        return {"number": number}
    if isinstance(kind, sa.Uuid):
        return uuid.UUID(int=number)
    if isinstance(kind, sa.CHAR):  # how SQLite keeps a UUID
        return uuid.UUID(int=number).hex
    length = kind.length if isinstance(kind, sa.String) and kind.length else 20
    return str(number)[-length:]  # digits, as PINs are


def reflected(connection: Connection) -> sa.MetaData:
    """The tables that the database has, without the one of its version."""
    metadata = sa.MetaData()
    metadata.reflect(connection, only=lambda name, _metadata: name != "alembic_version")
    return metadata


def contents(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """Every row of every table as the driver gives it, in texts and in an order that lasts; no table is reflected."""
    names = sa.inspect(connection).get_table_names()
    return {name: in_order(_rows(connection, name)) for name in sorted(names) if name != "alembic_version"}


def in_order(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The rows by what they hold."""
    return sorted(rows, key=lambda row: sorted(row.items()))


def _rows(connection: Connection, table: str) -> Iterator[dict[str, str]]:
    quoted = connection.dialect.identifier_preparer.quote(table)
    for row in connection.exec_driver_sql(f"SELECT * FROM {quoted}").mappings():
        yield {name: repr(value) for name, value in row.items()}
