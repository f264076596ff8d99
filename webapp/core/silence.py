"""A PostgreSQL or a network that has gone silent is given up, as its driver is told here.

Loaded with the first engine of PostgreSQL alone: where the database is SQLite, psycopg's nine megabytes are spared.
"""

import math
import time
from collections.abc import Generator
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.core import patience

REST = 2.0  # seconds after which a connection is asked whether it still lives
PING_SECONDS = 1.0


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
