"""Questions to LiveKit, asked from any thread over the one connection of a process.

Begun with the first call of a process, because neither the loop's thread nor its sockets survive a fork.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import Counter, Histogram

from webapp.core import leases
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.livekit.errors import LiveKitError, known_code

if TYPE_CHECKING:
    from livekit.api import LiveKitAPI

    from webapp.livekit.connection import Connection

Answer = TypeVar("Answer")
SECONDS = Histogram(
    "frontdesk_livekit_call_seconds",
    "From a question to LiveKit to its answer or failure, by LiveKit's name of the method",
    ["method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25),
)
ERRORS = Counter("frontdesk_livekit_errors_total", "Questions that LiveKit did not answer well", ["method", "code"])
_method: ContextVar[str] = ContextVar("method", default="unknown")  # each question has a context of its own


_connections: dict[int, "Connection"] = {}  # by process: a parent's stays untouched in its child, sockets and all
_beginning = threading.Lock()


def call(ask: Callable[["LiveKitAPI"], Awaitable[Answer]], timeout: float | None = None) -> Answer:
    """Ask LiveKit and wait for the answer, `settings.livekit_timeout` seconds unless told otherwise.

    Raises LiveKitError when it refuses, LiveKitUnavailable when it does not answer as LiveKit, and RuntimeError while
    a writing transaction is open.
    """
    db.refuse_open_transaction()
    patience = timeout or settings.livekit_timeout
    leases.last()
    secret = settings.livekit_api_secret.get_secret_value()
    address = (settings.livekit_url, settings.livekit_api_key, secret)
    connection = _connection()
    asking = _ask(connection, address, ask, patience)
    return asyncio.run_coroutine_threadsafe(asking, connection.loop).result()


def _connection() -> "Connection":
    pid = os.getpid()
    with _beginning:
        if pid not in _connections:
            from webapp.livekit.connection import Connection  # noqa: PLC0415 - a tenth of what there is to load

            _connections[pid] = Connection(settings.livekit_tls, _method.set)
        return _connections[pid]


async def _ask(
    connection: "Connection",
    address: tuple[str, str, str],
    ask: Callable[["LiveKitAPI"], Awaitable[Answer]],
    timeout: float,
) -> Answer:
    began = time.perf_counter()
    try:
        return await connection.answer(address, ask, timeout)
    except LiveKitError as error:
        ERRORS.labels(_method.get(), known_code(error.code)).inc()
        raise
    finally:
        SECONDS.labels(_method.get()).observe(time.perf_counter() - began)


def _reset_lock() -> None:
    global _beginning  # noqa: PLW0603 - the parent may hold it at the very moment of the fork
    _beginning = threading.Lock()


os.register_at_fork(after_in_child=_reset_lock)
