"""The development provider on a real port, in a thread of its own, with a small client to talk to it."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import requests
from aiohttp import web

from simulator.oidc import Options, create_app
from tests.support.waiting import PATIENCE


class RunningProvider:
    """A provider that is being served, and its control API."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.issuer = options.issuer

    def control(self, verb: str, **wish: Any) -> dict[str, Any]:
        """Change how the provider behaves; answer its state."""
        answer = requests.post(f"{self.issuer}/control/{verb}", json=wish, timeout=PATIENCE)
        answer.raise_for_status()
        return dict(answer.json())

    def switch(self, **switches: Any) -> None:
        """Set switches."""
        self.control("switches", **switches)

    def fail(self, endpoint: str, kind: str = "down", **details: Any) -> None:
        """Plan trouble for the next call of an endpoint."""
        self.control("faults", endpoint=endpoint, kind=kind, **details)

    def reset(self) -> None:
        """Behave again."""
        self.control("reset")

    def calls(self, endpoint: str) -> int:
        """How often an endpoint was asked since the last reset."""
        answer = requests.get(f"{self.issuer}/control/state", timeout=PATIENCE)
        return int(answer.json()["calls"].get(endpoint, 0))


@contextlib.contextmanager
def serve(**options: Any) -> Iterator[RunningProvider]:
    """Serve a provider on a free port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = RunningProvider(Options(issuer=f"http://127.0.0.1:{listener.getsockname()[1]}", **options))
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    thread = threading.Thread(target=_run, args=(loop, listener, running.options, ready), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)


def _run(loop: asyncio.AbstractEventLoop, listener: socket.socket, options: Options, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    runner = web.AppRunner(create_app(options), access_log=None, shutdown_timeout=0.2)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.SockSite(runner, listener).start())
    loop.call_soon(ready.set)
    loop.run_forever()
    loop.run_until_complete(runner.cleanup())
    loop.close()
