"""A plain question to a server: whether it is there, and its time; by https its certificate is checked as told.

Not by requests: that trusts certificates which it brings along, and not the system's, as LiveKit's own client does.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit


class NoAnswer(Exception):
    """Nothing came back, or nothing that is HTTP, or from a server whose certificate is not trusted."""


@dataclass(frozen=True)
class PlainAnswer:
    """How the server answered, and when it did by its own clock (as HTTP has it, empty if it did not say)."""

    status: int
    date: str
    elapsed: timedelta


def get(url: str, context: Callable[[], ssl.SSLContext], timeout: float) -> PlainAnswer:
    """Ask; redirects are not followed. Raises NoAnswer.

    The context is made for https only: to read all certificates of the system takes a while.
    """
    return _ask("GET", url, context, timeout)


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> PlainAnswer:
    """Hand something over, by https to a server that the system trusts; redirects are not followed. Raises NoAnswer."""
    return _ask("POST", url, ssl.create_default_context, timeout, body, dict(headers))


def _ask(method: str, url: str, context: Callable[[], ssl.SSLContext], timeout: float, *more: Any) -> PlainAnswer:
    """`more` are a body and headers."""
    parts, begun = urlsplit(url), time.monotonic()
    host, port = parts.hostname or "", parts.port
    connection: HTTPConnection | None = None
    try:
        if parts.scheme == "https":
            connection = HTTPSConnection(host, port, timeout=timeout, context=context())
        else:
            connection = HTTPConnection(host, port, timeout=timeout)
        connection.connect()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with _hung_up_after(connection, timeout):
            connection.request(method, path, *more)
            answer = connection.getresponse()
        return PlainAnswer(answer.status, answer.getheader("Date", ""), timedelta(seconds=time.monotonic() - begun))
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a host that no name can be
        raise NoAnswer from error
    finally:
        if connection is not None:
            connection.close()


@contextmanager
def _hung_up_after(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """A server that answers byte by byte meets each time-out of reading, and would be waited for without end.

    Raises TimeoutError: headers that were cut off look like headers that ended.
    """
    late = threading.Event()
    timer = threading.Timer(seconds, _hang_up, [connection, late])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


def _hang_up(connection: HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
