"""Key-based pages of long lists: "newer" and "older" name the row to go on from; no page costs more than the first.

What a reader asked a list for is a class of `Filters`, which is read from a query string and written back to one.
"""

import enum
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Generic, Self, TypeVar

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from webapp.core.planning import PLANNED_ANEW, unindexed

Row = TypeVar("Row")
LARGEST = 2**63 - 1  # of a BIGINT
PART = 1000  # rows of a file that are read at a time
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

    def unindexed(self) -> "Order":
        """The same order, into which SQLite sorts what it found instead of walking along it."""
        return replace(self, columns=tuple(map(unindexed, self.columns)))


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


def day(word: str) -> date | None:
    """A day of the calendars that every zone and both databases know."""
    try:
        found = date.fromisoformat(word)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def one_of(kind: type[enum.Enum]) -> Callable[[str], Any]:
    """Reads the one of a kind."""
    return partial(member, kind)


def text(longest: int) -> Callable[[str], str]:
    """Reads words, without the blanks around them, and no more than so many characters."""
    return lambda word: word.strip()[:longest]


def asked(name: str, read: Callable[[str], Any], default: Any = None) -> Any:
    """A field of Filters: its parameter, what reads it (None: none of ours), and what it is when nothing is asked."""
    return field(default=default, metadata={"name": name, "read": read})


@dataclass(frozen=True)
class Sorting:
    """What a list is ordered by, and whether the other way round than people expect."""

    sort: Any
    backwards: bool = False

    def __str__(self) -> str:
        """The word of a query string."""
        return ("-" if self.backwards else "") + str(self.sort.value)


def sorted_by(kind: type[enum.Enum], first: enum.Enum) -> Any:
    """A field of Filters that holds a Sorting by one of a kind; `first` is what nobody asks for."""

    def read(word: str) -> Sorting | None:
        sort = member(kind, word.removeprefix("-"))
        return Sorting(sort, word.startswith("-")) if sort else None

    return asked("sort", read, Sorting(first))


def cursor(name: str, longest: int = 200) -> Any:
    """A field of Filters that holds where a page begins."""
    return field(default="", metadata={"name": name, "read": text(longest), "cursor": True})


@dataclass(frozen=True)
class Filters:
    """What a reader asked a list for; the fields of each list's own class are made by `asked` and `cursor`."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read a query string; words that are none of ours ask for nothing."""
        values = {each.name: each.metadata["read"](query.get(each.metadata["name"], "")) for each in fields(cls)}
        return cls(**{name: value for name, value in values.items() if value is not None})

    def query(self, **changes: Any) -> dict[str, str]:
        """The query string that asks for this, with some of it changed and what is ordinary left out.

        It asks for the first page, unless a cursor is among the changes.
        """
        first = {each.name: each.default for each in fields(self) if "cursor" in each.metadata}
        wanted = replace(self, **(first | changes))
        values = [(each, getattr(wanted, each.name)) for each in fields(self)]
        return {each.metadata["name"]: _word(value) for each, value in values if value not in (None, "", each.default)}


def heads(filters: Any, texts: Mapping[Any, Any], rising: Collection[Any]) -> list[dict[str, Any]]:
    """The sortable heads of a table: each query sorts by its column, or turns the order round.

    `rising` are the columns that people expect to begin with the least.
    """
    drawn = []
    for sort, text in texts.items():
        here, backwards = filters.sorting.sort is sort, filters.sorting.backwards
        direction = "ascending" if (sort in rising) != backwards else "descending"
        query = filters.query(sorting=Sorting(sort, here and not backwards))
        drawn.append({"sort": sort, "text": str(text), "direction": direction if here else "", "query": query})
    return drawn


def _word(value: object) -> str:
    return str(value.value if isinstance(value, enum.Enum) else value)


def turn(
    execute: Callable[[sa.Select[Any]], Sequence[Row]], select: sa.Select[Any], order: Order, at: Place
) -> Page[Row]:
    """Read one page of the select; a cursor that is none of ours starts from the beginning."""
    start, backward = _start(order, at)
    along = order.reversed() if backward else order
    rows = list(execute(_from(select, along, start).limit(at.size + 1)))
    more = len(rows) > at.size
    del rows[at.size :]
    if backward:
        rows.reverse()
    return _page(rows, order, has_newer=more if backward else start is not None, has_older=more or backward)


def _start(order: Order, at: Place) -> tuple[tuple[Any, ...] | None, bool]:
    """Where to begin, and whether to read backward from there; a cursor that is none of ours is the beginning."""
    try:
        start = order.place(at.before or at.after) if at.before or at.after else None
    except ValueError:
        return None, False
    return start, bool(at.before) and not at.after


def _from(select: sa.Select[Any], order: Order, start: tuple[Any, ...] | None) -> sa.Select[Any]:
    if start is not None:
        here, there = sa.tuple_(*order.columns), sa.tuple_(*start)
        select = select.where(here < there if order.descending else here > there)
    select = select.execution_options(**PLANNED_ANEW)
    return select.order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))


def _page(rows: list[Row], order: Order, *, has_newer: bool, has_older: bool) -> Page[Row]:
    if not rows:
        return Page(rows)
    newer = order.cursor(rows[0]) if has_newer else None
    return Page(rows, newer, order.cursor(rows[-1]) if has_older else None)


def turn_with_gaps(
    execute: Callable[[sa.Select[Any]], Sequence[Row]], select: sa.Select[Any], order: Order, key: Order, at: Place
) -> Page[Row]:
    """Read one page in an order whose first column may be empty: those rows come last, in the order of their key.

    The cursor of such a row is its key behind a dash. Each part is read along an index of its own, which no order over
    both of them could be on SQLite and PostgreSQL alike.
    """
    backward, text = bool(at.before) and not at.after, at.before or at.after
    empty = text.startswith("-")
    try:
        start = (key if empty else order).place(text.removeprefix("-")) if text else None
    except ValueError:
        start, backward, empty = None, False, False
    column = order.columns[0]
    parts = [(select.where(column.is_not(None)), order), (select.where(column.is_(None)), key)]
    if backward:
        parts = [(rows, each.reversed()) for rows, each in reversed(parts)]
    rows: list[Row] = []
    for position, (part, along) in enumerate(parts[1:] if start and empty != backward else parts):
        if len(rows) <= at.size:
            here = start if position == 0 else None
            rows += execute(_from(part, along, here).limit(at.size + 1 - len(rows)))
    more = len(rows) > at.size
    del rows[at.size :]
    if backward:
        rows.reverse()
    return _page(rows, order, has_newer=more if backward else start is not None, has_older=more or backward)


def parts(read: Callable[[Place], Page[Row]], size: int = PART) -> Iterator[Sequence[Row]]:
    """All rows of a list from its start, so many at a time: for files."""
    at = Place(size=size)
    while True:
        page = read(at)
        yield page.rows
        if page.older is None:
            return
        at = Place(after=page.older, size=size)


def merged(pages: Sequence[Page[Row]], order: Order, key: Callable[[Row], Any], at: Place) -> Page[Row]:
    """One page of several lists that were turned to the same place in the same order; the key is what it compares."""
    _begin, backward = _start(order, at)
    rows = sorted((row for page in pages for row in page.rows), key=key, reverse=order.descending)
    kept = rows[-at.size :] if backward else rows[: at.size]
    left = len(rows) > len(kept)
    has_newer = any(page.newer for page in pages) or (left and backward)
    has_older = any(page.older for page in pages) or (left and not backward)
    return _page(kept, order, has_newer=has_newer, has_older=has_older)


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
