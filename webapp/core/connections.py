"""Connections that are waited for no longer than whoever needs one can wait, whatever the other end does.

PostgreSQL ends what takes too long, when it hears of it; a server or a network that has gone silent is given up here.
"""

import contextlib
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from webapp.core import files, patience, planning

CONNECT_SECONDS = 3
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
    """An engine of patient connections, pinged after a rest; what its address sets of KEEPALIVES and LIMITS holds."""
    from webapp.core import silence  # noqa: PLC0415 - with psycopg, which a process with SQLite does not need

    known = sa.engine.make_url(url).query
    times = {"connect_timeout": CONNECT_SECONDS} | KEEPALIVES
    connect_args = {name: value for name, value in times.items() if name not in known}
    engine = sa.create_engine(url, poolclass=PatientPool, connect_args=connect_args, **options)
    set_in_address = str(known.get("options", ""))
    limits = "; ".join(f"SET {name} = '{value}'" for name, value in LIMITS.items() if name not in set_in_address)

    def connect(_dialect: object, _record: object, args: Any, keywords: Any) -> silence.PatientConnection:
        connection = silence.PatientConnection.connect(*args, autocommit=True, **keywords)
        if limits:
            connection.execute(limits)  # and not as `options`, which connection poolers refuse
        connection.autocommit = False
        return connection

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "do_execute", planning.execute)
    event.listen(engine, "checkin", silence.note_use)
    event.listen(engine, "checkout", silence.ping_after_rest)
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
