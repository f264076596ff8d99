"""Key-based pages of long lists: "newer" and "older" name the row to go on from; no page costs more than the first."""

import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

Row = TypeVar("Row")
LARGEST = 2**63 - 1  # of a BIGINT
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows in order, and the cursors of the pages before and after; None leads nowhere."""

    rows: Sequence[Row]
    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True)
class Order:
    """An order of a list: columns, the unique one last; `cursor` says where a row stands, `place` reads it back.

    `place` raises ValueError when the text is none of ours.
    """

    columns: tuple[Any, ...]
    cursor: Callable[[Any], str]
    place: Callable[[str], tuple[Any, ...]]
    descending: bool = True

    def reversed(self) -> "Order":
        """The same order read from its other end."""
        return Order(self.columns, self.cursor, self.place, not self.descending)


@dataclass(frozen=True)
class Place:
    """Where a reader stands in a list: after a row, before a row, or at the start."""

    after: str = ""
    before: str = ""
    size: int = field(default=20)

    @classmethod
    def of(cls, query: MultiDict[str, str], size: int = 20) -> "Place":
        """Read `older` and `newer` of a query string."""
        return cls(after=query.get("older", ""), before=query.get("newer", ""), size=size)


def member(kind: type[enum.Enum], word: str | None) -> Any:
    """The one of a kind that a query string chose; None for nothing, and for what there is not."""
    return next((each for each in kind if each.value == word), None)


def key(text: str) -> uuid.UUID | None:
    """The row that a query string names; None for what is no key."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def turn(
    execute: Callable[[sa.Select[Any]], Sequence[Row]], select: sa.Select[Any], order: Order, at: Place
) -> Page[Row]:
    """Read one page of the select; a cursor that is none of ours starts from the beginning."""
    backward = bool(at.before) and not at.after
    along = order.reversed() if backward else order
    try:
        start = order.place(at.before or at.after) if at.before or at.after else None
    except ValueError:
        start, backward, along = None, False, order
    rows = list(execute(_from(select, along, start).limit(at.size + 1)))
    more = len(rows) > at.size
    del rows[at.size :]
    if backward:
        rows.reverse()
    return _page(rows, order, has_newer=more if backward else start is not None, has_older=more or backward)


def _from(select: sa.Select[Any], order: Order, start: tuple[Any, ...] | None) -> sa.Select[Any]:
    if start is not None:
        here, there = sa.tuple_(*order.columns), sa.tuple_(*start)
        select = select.where(here < there if order.descending else here > there)
    return select.order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))


def _page(rows: list[Row], order: Order, *, has_newer: bool, has_older: bool) -> Page[Row]:
    if not rows:
        return Page(rows)
    newer = order.cursor(rows[0]) if has_newer else None
    return Page(rows, newer, order.cursor(rows[-1]) if has_older else None)


def by_number(column: Any, read: Callable[[Any], int], *, descending: bool = True) -> Order:
    """The order of a growing number."""

    def place(text: str) -> tuple[Any, ...]:
        number = int(text)
        if abs(number) > LARGEST:
            raise ValueError("a number that no column holds")
        return (number,)

    return Order((column,), lambda row: str(read(row)), place, descending)


def by_key(column: Any, read: Callable[[Any], uuid.UUID], *, descending: bool = True) -> Order:
    """The order of our time-ordered keys: by age."""
    return Order((column,), lambda row: read(row).hex, lambda text: (uuid.UUID(text),), descending)


def by_time(
    time: Any, key: Any, read: Callable[[Any], tuple[datetime, uuid.UUID]], *, descending: bool = True
) -> Order:
    """The order of a time; rows of one instant follow their keys. The cursor holds microseconds and the key."""

    def cursor(row: Any) -> str:
        at, row_key = read(row)
        return f"{(at - EPOCH) // timedelta(microseconds=1)}-{row_key.hex}"

    def place(text: str) -> tuple[Any, ...]:
        at, _dash, row_key = text.partition("-")
        try:
            when = EPOCH + timedelta(microseconds=int(at))
        except OverflowError as error:
            raise ValueError("a time beyond the calendar") from error
        return (sa.literal(when, time.type), uuid.UUID(row_key))

    return Order((time, key), cursor, place, descending)
