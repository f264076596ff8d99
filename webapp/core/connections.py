"""Connections that are waited for no longer than whoever needs one can wait, whatever the other end does.

PostgreSQL ends what takes too long, when it hears of it; a server or a network that has gone silent is given up here.
"""

import contextlib
import math
import sqlite3
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import errors
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from webapp.core import files, patience, planning

T = TypeVar("T")
CONNECT_SECONDS = 3
REST = 2.0  # seconds after which a connection is asked whether it still lives
PING_SECONDS = 1.0
BUSY_SECONDS = 10.0  # that SQLite's write lock is waited for, at most
ALWAYS = {"hide_parameters": True}  # bound values are what people typed: no exception's text may hold them
FOR_EVER = 24 * 3600.0  # commands that take as long as they take
KEEPALIVES = {  # a connection whose other end is gone is found within half a minute also while nobody waits for it
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
LIMITS = {  # PostgreSQL's own; a page hears of a lock before its patience ends, so that its connection is kept
    "lock_timeout": "4s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
}


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when the database stays silent for longer than the current patience."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer. Raises psycopg.OperationalError when none comes in time."""
        now = patience.current()
        left = now.left()
        try:
            answer = super().wait(gen, interval=interval, timeout=left if timeout is None else timeout)
        except errors._WaitTimeout:
            if timeout is not None:
                raise
            self.close()  # what it was asked may be answered at any time
            raise errors.ConnectionTimeout("the database did not answer in time") from None
        now.answered()
        return answer

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        """libpq's own connect_timeout counts whole seconds, two at least."""
        return _in_time(super()._connect_gen(conninfo))


def _in_time(connecting: Any) -> Generator[Any, Any, Any]:
    """The generator of psycopg, which is sent 0 every tenth of a second while nothing comes."""
    now = patience.current()
    try:
        wanted = next(connecting)
        while True:
            ready = yield wanted
            if not ready and now.left() == 0:
                connecting.close()
                raise errors.ConnectionTimeout("the database took no connection in time")
            wanted = connecting.send(ready)
    except StopIteration as done:
        return done.value


class PatientPool(QueuePool):
    """A pool in which nobody stands longer for a connection than for the database itself."""

    @property
    def _timeout(self) -> float:
        left = patience.current().left()
        return FOR_EVER if left is None else left

    @_timeout.setter
    def _timeout(self, _fixed: object) -> None:
        """SQLAlchemy sets what it was made with."""


def postgresql(url: str, **options: Any) -> Engine:
    """An engine of patient connections; what the address itself sets of KEEPALIVES and LIMITS holds."""
    known = sa.engine.make_url(url).query
    times = {"connect_timeout": CONNECT_SECONDS} | KEEPALIVES
    connect_args = {name: value for name, value in times.items() if name not in known}
    engine = sa.create_engine(url, poolclass=PatientPool, connect_args=connect_args, **options)
    set_in_address = str(known.get("options", ""))
    limits = "; ".join(f"SET {name} = '{value}'" for name, value in LIMITS.items() if name not in set_in_address)

    def connect(_dialect: object, _record: object, args: Any, keywords: Any) -> PatientConnection:
        connection = PatientConnection.connect(*args, autocommit=True, **keywords)
        if limits:
            connection.execute(limits)  # and not as `options`, which connection poolers refuse
        connection.autocommit = False
        return connection

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "do_execute", planning.execute)
    return engine


def writer(url: str, pool_size: int) -> Engine:
    """The engine of all that writes; on SQLite there is but this one."""
    if not url.startswith("sqlite"):
        return postgresql(url, **ALWAYS, pool_size=pool_size // 2, max_overflow=0)
    pool: dict[str, Any] = {} if files.is_in_memory(url) else {"poolclass": PatientPool}
    return sa.create_engine(url, **ALWAYS, **pool, connect_args={"timeout": BUSY_SECONDS})


def reader(engine: Engine, url: str, pool_size: int) -> Engine:
    """The engine of reading requests; on PostgreSQL a transaction would cost them two more trips to the server."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reading=True)
    alone = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}
    size = pool_size - pool_size // 2
    reading = {"execution_options": {"reading": True}}
    return postgresql(url, **ALWAYS, pool_size=size, max_overflow=0, **alone, **reading)


def note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    """Remember when the connection was used last."""
    record.info["used"] = time.monotonic()


def ping_after_rest(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Find out that the server was restarted before a request does; pinging each time would double a poll's trips."""
    if time.monotonic() - record.info.get("used", math.inf) < REST:
        return
    try:
        with patience.of(PING_SECONDS):
            connection.execute("SELECT 1")
            connection.rollback()
    except errors.ConnectionTimeout as error:  # this one alone: a busy server would have to take all anew
        raise sa.exc.DisconnectionError from error
    except psycopg.Error as error:
        raise sa.exc.InvalidatePoolError from error


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Let a new connection have transactions of ours, foreign keys, and readers beside a writer."""
    connection.isolation_level = None  # the driver's own transactions lose updates silently
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    with contextlib.suppress(
        sqlite3.OperationalError
    ):  # somebody writes to a new file: the next connection turns it on
        connection.execute("PRAGMA journal_mode=WAL")


def begin_sqlite(connection: Connection) -> None:
    """Begin to read, or to write and wait for the write lock as long as the current patience lasts."""
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN")
        return
    now = patience.current()
    left = now.left()
    seconds = BUSY_SECONDS if left is None else min(left, BUSY_SECONDS)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    now.answered()
