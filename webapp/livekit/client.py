"""The connection to LiveKit: one event loop with one HTTP session per process, asked from any thread.

Begun with the first call of a process, because neither the loop's thread nor its sockets survive a fork.
"""

import asyncio
import atexit
import os
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import aiohttp
from google.protobuf.message import DecodeError
from livekit.api import LiveKitAPI
from livekit.api.twirp_client import ServerError
from prometheus_client import Counter, Histogram

from webapp.core import leases
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable, known_code

Answer = TypeVar("Answer")
UNAVAILABLE = {"unavailable", "deadline_exceeded"}
SECONDS = Histogram(
    "frontdesk_livekit_call_seconds",
    "From a question to LiveKit to its answer or failure, by LiveKit's name of the method",
    ["method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25),
)
ERRORS = Counter("frontdesk_livekit_errors_total", "Questions that LiveKit did not answer well", ["method", "code"])
_method: ContextVar[str] = ContextVar("method", default="unknown")  # each question has a context of its own


class NotLiveKit(Exception):
    """What answered is not LiveKit: a proxy's page, or an empty body that would read as an empty list."""


class Connection:
    """The loop of this process, in a thread of its own, and the one session in it."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.tls = tls
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[tuple[str, str, str], LiveKitAPI] = {}
        self._thread = threading.Thread(target=self.loop.run_forever, name="livekit", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    async def client(self, address: tuple[str, str, str]) -> LiveKitAPI:
        """The client of an address, key and secret; made inside the loop, where its session belongs."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                middlewares=(_refuse_other_answers,),
                connector=aiohttp.TCPConnector(ssl=self.tls),
            )
        if address not in self._clients:
            url, key, secret = address
            self._clients[address] = LiveKitAPI(url, key, secret, session=self._session, failover=False)
        return self._clients[address]

    def close(self) -> None:
        """Let the session go; a forked child leaves its parent's alone."""
        if os.getpid() != self.pid:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()


_connections: dict[int, Connection] = {}  # by process: a parent's stays untouched in its child, sockets and all
_beginning = threading.Lock()


def call(ask: Callable[[LiveKitAPI], Awaitable[Answer]], timeout: float | None = None) -> Answer:
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


def _connection() -> Connection:
    pid = os.getpid()
    with _beginning:
        if pid not in _connections:
            _connections[pid] = Connection(settings.livekit_tls)
        return _connections[pid]


async def _ask(
    connection: Connection,
    address: tuple[str, str, str],
    ask: Callable[[LiveKitAPI], Awaitable[Answer]],
    timeout: float,
) -> Answer:
    began = time.perf_counter()
    try:
        return await _answer(connection, address, ask, timeout)
    except LiveKitError as error:
        ERRORS.labels(_method.get(), known_code(error.code)).inc()
        raise
    finally:
        SECONDS.labels(_method.get()).observe(time.perf_counter() - began)


async def _answer(
    connection: Connection,
    address: tuple[str, str, str],
    ask: Callable[[LiveKitAPI], Awaitable[Answer]],
    timeout: float,
) -> Answer:
    try:
        async with asyncio.timeout(timeout):
            return await ask(await connection.client(address))
    except ServerError as error:
        raise _refusal(error) from None
    except TimeoutError:
        raise LiveKitUnavailable("timeout") from None
    except aiohttp.ClientConnectorCertificateError:
        raise LiveKitUnavailable("certificate") from None
    except aiohttp.ClientConnectorSSLError:
        raise LiveKitUnavailable("no_tls") from None
    except (aiohttp.ClientError, OSError):
        raise LiveKitUnavailable("no_connection") from None
    except (NotLiveKit, DecodeError):
        raise LiveKitUnavailable("not_livekit") from None


def _refusal(error: ServerError) -> LiveKitError:
    """A Twirp error; LiveKit's plain text for a bad token (401) repeats that token, so it is dropped."""
    if error.status == 401:
        return LiveKitError("unauthenticated", error.message)
    if error.code == "unknown" and not error.message:
        return LiveKitUnavailable("not_livekit")
    kind = LiveKitUnavailable if error.code in UNAVAILABLE else LiveKitError
    return kind(error.code, error.message)


async def _refuse_other_answers(request: Any, handler: Any) -> Any:
    _method.set(request.url.name)
    response = await handler(request)
    if response.status == 200 and response.content_type != "application/protobuf":
        response.release()
        raise NotLiveKit
    return response


def _reset_lock() -> None:
    global _beginning  # noqa: PLW0603 - the parent may hold it at the very moment of the fork
    _beginning = threading.Lock()


os.register_at_fork(after_in_child=_reset_lock)
