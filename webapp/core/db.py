"""The database: one engine per app, one session per app context, UTC times, SQLite made safe for writers."""

import enum
import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from webapp.core import connections, files, patience

T = TypeVar("T")
PIECE = 1000  # rows that a purge deletes at a time: a few hundredths of a second under SQLite's only write lock
PAUSE = 0.02  # seconds between two pieces, in which others write
VALUES = 500  # in one statement; SQLite before 3.32 takes no more than 999
READING = {"GET", "HEAD", "OPTIONS"}
NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utcnow() -> datetime:
    """The present, timezone-aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A time-ordered UUID (version 7, RFC 9562), so that keys sort by age."""
    return uuid7()


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A timezone-aware UTC time on every database; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give back aware times also from SQLite, which keeps none."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Clock(sa.sql.functions.FunctionElement[datetime]):
    """The database's own time, so many seconds on: what machines agree about whose clocks differ."""

    inherit_cache = True
    type = UTCDateTime()


@compiles(Clock, "postgresql")
def _postgresql_clock(element: Clock, compiler: Any, **options: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(Clock, "sqlite")
def _sqlite_clock(element: Clock, compiler: Any, **options: Any) -> str:
    """Whole milliseconds, rounded up: what was written with Python's clock just now is not in the future."""
    later = f"(0.001 + {compiler.process(element.clauses, **options)})"
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {later} || ' seconds') || '000')"


class Model(DeclarativeBase):
    """Base of all stored things."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it off the class
        datetime: UTCDateTime(),
        uuid.UUID: sa.Uuid(),
        dict[str, Any]: sa.JSON(),
        str: sa.Text(),
    }


class Keyed:
    """Gives a model the time-ordered UUID key."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class Versioned:
    """Gives a model a number that grows with what people set; a form carries the one it was drawn with.

    Not SQLAlchemy's own counter: what LiveKit and the sweeps write into the row must not refuse what people typed.
    """

    version: Mapped[int] = mapped_column(default=0, server_default="0")

    def changes_since(self, seen: str | None) -> int:
        """How many changes a page does not know that was drawn with version `seen`; 0 for a client that names none.

        The row is locked: who compares and then sets is alone.
        """
        if seen is None or seen == str(self.version):
            return 0
        known = int(seen) if seen.isdecimal() and len(seen) < 10 else self.version
        return max(1, self.version - known)


def pieces(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that SQLite takes in one statement."""
    rest = iter(values)
    while piece := list(islice(rest, VALUES)):
        yield piece


def choice(kind: type[enum.Enum]) -> sa.Enum:
    """A column type that stores an enum by its value, as text."""
    return sa.Enum(kind, native_enum=False, length=32, values_callable=lambda e: [str(member.value) for member in e])


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index of the rows that fulfil `where` alone, on both databases."""
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


class Database:
    """The door to the database of the current app.

    A session of a request that only reads begins a plain transaction on SQLite, and none on PostgreSQL, where each
    statement has a snapshot of its own anyway. All others take SQLite's write lock at once (BEGIN IMMEDIATE), because
    a reader that turns writer loses against any writer that came between.
    """

    def init_app(self, app: Flask, url: str, pool_size: int) -> None:
        """Open the engine for the app and close sessions with its contexts."""
        engine = connections.writer(url, pool_size)
        files.narrow_database(url)
        files.keep_private(engine)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", connections.prepare_sqlite)
            event.listen(engine, "begin", connections.begin_sqlite)
        app.extensions["frontdesk.engine"] = engine
        app.extensions["frontdesk.reader"] = connections.reader(engine, url, pool_size)
        app.teardown_appcontext(self._close)

    @property
    def engine(self) -> Engine:
        """The current app's engine."""
        engine: Engine = current_app.extensions["frontdesk.engine"]
        return engine

    @property
    def reader(self) -> Engine:
        """The current app's engine of reading requests."""
        reader: Engine = current_app.extensions["frontdesk.reader"]
        return reader

    @property
    def engines(self) -> set[Engine]:
        """The current app's engines that have connections of their own."""
        return {self.engine} if self.engine.dialect.name == "sqlite" else {self.engine, self.reader}

    @contextmanager
    def at_length(self) -> Iterator[Connection]:
        """A writing transaction for commands: it takes as long as it takes, only locks are not waited for."""
        with patience.of(None), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            yield connection

    def dispose(self) -> None:
        """Close all connections that nobody uses."""
        for engine in self.engines:
            engine.dispose()

    @property
    def session(self) -> Session:
        """The session of the current app context."""
        if "db_session" not in g:
            reads = has_request_context() and request.method in READING
            return self.begin_reading() if reads else self.begin_writing()
        session: Session = g.db_session
        return session

    def begin_writing(self) -> Session:
        """Let a request that came to read write after all; what it has read so far is let go."""
        self._close()
        session = g.db_session = Session(self.engine, expire_on_commit=False)
        return session

    def begin_reading(self) -> Session:
        """Let a request that has written and committed go on to read, for as long as whoever downloads takes."""
        self._close()
        session = g.db_session = Session(self.reader, expire_on_commit=False)
        event.listen(session, "before_flush", _refuse_flush)
        return session

    def begin_anew(self) -> None:
        """Let go of the session and what it was doing; the next one is what the request asks for."""
        self._close()

    @contextmanager
    def collision_safe(self) -> Iterator[None]:
        """A savepoint: an IntegrityError inside undoes only what stands inside."""
        with self.session.begin_nested():
            yield

    @staticmethod
    def clock(seconds: float = 0) -> sa.ColumnElement[datetime]:
        """The database's time, so many seconds from now, for conditions and values that several machines share."""
        return Clock(sa.literal(float(seconds), sa.Float()))

    def changed(self, statement: sa.Update | sa.Delete) -> int:
        """Execute the statement; returns how many rows it changed or deleted."""
        result = cast("sa.CursorResult[Any]", self.session.execute(statement))
        return int(result.rowcount)

    def hold(self, *names: str) -> None:
        """Keep everybody else who holds one of these names waiting until the commit; what is read from then on holds.

        SQLite has one writer at a time anyway; PostgreSQL locks by number, always in one order, so that two who hold
        several do not wait in a circle (documentation, "Advisory Locks").
        """
        if self.engine.dialect.name != "postgresql":
            return
        for key in sorted({_lock_number(name) for name in names}):
            self.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def purge(self, model: type[Model], over: sa.ColumnElement[bool], piece: int = PIECE) -> int:
        """Delete the rows that are over, piece by piece along the key; returns how many. Commits after each piece.

        One statement over many rows would keep all other writers of SQLite waiting until its end.
        """
        key = sa.tuple_(*sa.inspect(model).primary_key)
        begin: sa.ColumnElement[bool] = sa.true()
        gone = 0
        while (end := self._end_of_piece(key, sa.and_(begin, over), piece)) is not None:
            rows = sa.delete(model).where(begin, key <= end, over)
            gone += self.changed(rows.execution_options(synchronize_session=False))
            self.session.commit()
            begin = key > end
            time.sleep(PAUSE)
        return gone

    def _end_of_piece(self, key: sa.Tuple, over: sa.ColumnElement[bool], piece: int) -> sa.Tuple | None:
        """The key of the last row of the next piece; None when nothing is left. Reads without the write lock."""
        self.session.commit()
        keys = sa.select(*key.clauses).where(over).order_by(*key.clauses).limit(piece)
        with self.reader.connect() as connection:
            found = connection.execute(keys).all()
        return sa.tuple_(*map(sa.literal, found[-1], [column.type for column in key.clauses])) if found else None

    def refuse_open_transaction(self) -> None:
        """Raise RuntimeError while this context holds a writing transaction: no network call may wait under a lock."""
        session: Session | None = g.get("db_session")
        if session is not None and session.in_transaction() and not _only_reads(session):
            raise RuntimeError("commit before calling out: a transaction is open")

    def _close(self, _error: BaseException | None = None) -> None:
        session: Session | None = g.pop("db_session", None)
        if session is not None:
            session.close()


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def _only_reads(session: Session) -> bool:
    bind = session.get_bind()
    return bool(bind.get_execution_options().get("reading"))


def _refuse_flush(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a reading request may not write: call db.begin_writing() first")


db = Database()
