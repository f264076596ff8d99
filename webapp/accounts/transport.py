"""How the provider is asked: the whole answer is there in time and is not large, or there is none.

The time-out of `requests` begins anew with each byte that comes, and an answer may go on for ever.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from webapp.accounts.problems import SignInError
from webapp.core import strict_json

LARGEST = 1_000_000  # bytes; metadata and keys have a hundredth of it
PIECE = 65_536


class TooLarge(requests.RequestException):
    """The answer is larger than LARGEST."""


class Adapter(HTTPAdapter):
    """Sends what one session asks, redirects too, within so many seconds from the first question."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None
        self._over = False
        self._sockets: list[socket.socket] = []
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Let connections be known as soon as they are open."""
        super().init_poolmanager(*args, **options)
        self._know(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Let those through a proxy be known too."""
        manager = super().proxy_manager_for(*args, **options)
        self._know(manager)
        return manager

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Ask. Raises requests.Timeout when the answer is not there in time, TooLarge when it does not end."""
        self._until = self._until or time.monotonic() + self._seconds
        left = max(0.001, self._until - time.monotonic())
        cutting = threading.Timer(left, self._cut)
        cutting.start()
        try:
            answer = super().send(*args, **options | {"stream": True, "timeout": left})
            answer._content = _content(answer)
        except requests.RequestException as problem:
            raise requests.Timeout if self._over else problem from problem
        finally:
            cutting.cancel()
            self._forget()
        if self._over:  # an answer without a length ends with its connection
            raise requests.Timeout
        return answer

    def _know(self, manager: Any) -> None:
        sockets = self._sockets

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                sockets.append((made := super()._new_conn()).dup())  # TLS takes the original over
                return made

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                sockets.append((made := super()._new_conn()).dup())
                return made

        pools = (("http", HTTPConnectionPool, Plain), ("https", HTTPSConnectionPool, Secure))
        manager.pool_classes_by_scheme = {
            scheme: type("Pool", (pool,), {"ConnectionCls": connection}) for scheme, pool, connection in pools
        }

    def _cut(self) -> None:
        """End the waiting of whoever reads."""
        self._over = True
        for each in list(self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        while self._sockets:
            self._sockets.pop().close()


def _content(answer: requests.Response) -> bytes:
    content = b""
    for piece in answer.iter_content(PIECE):
        content += piece
        if len(content) > LARGEST:
            answer.close()
            raise TooLarge
    return content


def limit(session: requests.Session, seconds: float) -> None:
    """Give everything that the session asks so many seconds in all."""
    adapter = Adapter(seconds)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)


def get(url: str, seconds: float, **headers: str) -> requests.Response:
    """What is at the address; raises SignInError when that is no good answer, or none in time."""
    try:
        with requests.Session() as session:
            limit(session, seconds)
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
    except requests.RequestException as problem:
        raise refused(problem) from problem
    except ValueError as problem:  # an address that cannot be asked at all
        raise SignInError("confused", "address") from problem
    return answer


def refused(problem: requests.RequestException) -> SignInError:
    """What the failure is called on the page."""
    if isinstance(problem, requests.Timeout):
        return SignInError("slow")
    return SignInError("confused", "size") if isinstance(problem, TooLarge) else SignInError("unreachable")


def document(answer: requests.Response, name: str) -> dict[str, Any]:
    """The JSON object that the answer is. Raises SignInError, with the name as a hint, when it is none."""
    try:
        return parse(answer.content)
    except ValueError as problem:
        raise SignInError("confused", name) from problem


def parse(text: bytes | str) -> dict[str, Any]:
    """The JSON object that the text is. Raises ValueError for everything else."""
    value = strict_json.parse(text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value
