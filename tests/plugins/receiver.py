"""A receiver of webhooks on a real port that keeps what it got and answers what it is told to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Hook:
    """One delivery as it arrived."""

    at: float
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Where hooks go. `answer` decides the status by the hooks there are so far, this one included."""

    url: str = ""
    hooks: list[Hook] = field(default_factory=list)
    answer: Callable[[list[Hook]], int] = lambda hooks: 200

    def wait_for(self, condition: Callable[[list[Hook]], Any], seconds: float = PATIENCE) -> Any:
        """What the condition returns once it is true of the hooks. Fails after some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition(list(self.hooks))
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError(f"no such hook among {len(self.hooks)} within {seconds} s")


@contextmanager
def receiving(port: int = 0, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """Receive hooks on a port until the block ends."""
    receiver = Receiver()
    arriving = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        # No connection is kept: one kept by the sender would go on reaching the receiver of an earlier test.
        protocol_version = "HTTP/1.0"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with arriving:  # whoever decides on an answer sees the hook it is for as the last one
                receiver.hooks.append(Hook(time.monotonic(), dict(self.headers.items()), body))
                so_far = list(receiver.hooks)
            self.send_response(receiver.answer(so_far))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving() as receiver:
        yield receiver
