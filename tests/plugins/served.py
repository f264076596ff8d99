"""The app over real HTTP on a free port, for hooks that LiveKit sends and for browsers."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE


class UnderWay:
    """The app, which counts the requests under way: what they do after their answer too."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._count = 0
        self._changed = threading.Condition()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        self._add(1)
        try:
            return ClosingIterator(self._app(environ, start_response), lambda: self._add(-1))
        except BaseException:
            self._add(-1)
            raise

    def over(self) -> None:
        """Wait until none is under way. Fails after some time."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._count == 0, PATIENCE), "a request does not end"

    def _add(self, count: int) -> None:
        with self._changed:
            self._count += count
            self._changed.notify_all()


@pytest.fixture
def under_way(app: Flask) -> UnderWay:
    """The app as it is served."""
    return UnderWay(app)


@pytest.fixture
def served(under_way: UnderWay) -> Iterator[str]:
    """The address under which the app answers during the test."""
    server = make_server("127.0.0.1", 0, under_way, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    try:
        under_way.over()  # or its work would meet the next test's empty database
    finally:
        server.server_close()


@pytest.fixture
def hooked(served: str, livekit: LiveKit, under_way: UnderWay) -> LiveKit:
    """A LiveKit whose webhooks reach the app, and which is settled when the app has worked them off."""
    livekit.worked_off = under_way.over
    livekit.hooks_to(f"{served}/hooks/livekit")
    return livekit
