"""How long whoever is answered waits for the database: less than a proxy, a browser or LiveKit would.

What counts is silence: the time since the database was asked something and has not answered, whichever connections were
tried meanwhile. Each answer begins it anew, so a page may ask much; what has waited in vain does not wait again.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask import Flask

PAGE = 5.0  # seconds; people read within six what is wrong
HOOK = 2.5  # LiveKit repeats what was answered with a 5xx, and gives up on what is not answered
PROBE = 1.4
WORK = 20.0  # jobs, commands, and what is done after an answer
PATHS = {"/hooks/": HOOK, "/readyz": PROBE, "/metrics": PROBE}


class Patience:
    """Of one request, or one piece of work; None seconds wait for ever."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._asked: float | None = None

    def left(self) -> float | None:
        """Seconds that the database may still be silent. The silence begins here unless it has begun before."""
        if self.seconds is None:
            return None
        if self._asked is None:
            self._asked = time.monotonic()
        return max(0.0, self._asked + self.seconds - time.monotonic())

    def answered(self) -> None:
        """The database did what it was asked."""
        self._asked = None


_current: ContextVar[Patience | None] = ContextVar("patience", default=None)


def current() -> Patience:
    """That of the request; work outside of one begins anew with each question."""
    return _current.get() or Patience(WORK)


@contextmanager
def of(seconds: float | None) -> Iterator[None]:
    """Wait so long inside the block, and no longer than the block around it would."""
    outer = _current.get()
    if outer is not None and seconds is not None and (left := outer.left()) is not None:
        seconds = min(seconds, left)
    token = _current.set(Patience(seconds))
    try:
        yield
    finally:
        _current.reset(token)


class _Middleware:
    """Gives each request the patience of its address."""

    def __init__(self, app: Any, times: float) -> None:
        self._app, self._times = app, times

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        seconds = next((seconds for prefix, seconds in PATHS.items() if path.startswith(prefix)), PAGE)
        with of(seconds * self._times):
            answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def init_app(app: Flask, times: float) -> None:
    """Limit the waiting of requests, to so many times what is promised."""
    app.wsgi_app = _Middleware(app.wsgi_app, times)  # type: ignore[method-assign]
