"""The app over real HTTP on a free port, for hooks that LiveKit sends and for browsers."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.livekit import LiveKit


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The address under which the app answers during the test."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(served: str, livekit: LiveKit) -> LiveKit:
    """A LiveKit whose webhooks reach the app."""
    livekit.hooks_to(f"{served}/hooks/livekit")
    return livekit
