"""Work right after the answer, in the same process: threads with an app context of their own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import structlog
from flask import Flask

from webapp.core import request_log
from webapp.core.app import this_app

log = structlog.get_logger()
EXTENSION = "frontdesk.background"
AT_ONCE = "frontdesk.at_once"  # for what cannot stand behind slow work, nor behind the like of it: mostly it waits
LONG = "frontdesk.long"  # for what takes minutes, and nobody but its own page waits for


class Background(Protocol):
    """Runs a function after the answer, or at once where a test wants to see what it did."""

    def submit(self, work: Callable[[], object], /) -> object:
        """Take the work."""


class Threads:
    """A few threads per process, begun with the first work: a fork before that is harmless."""

    def __init__(self, name: str, count: int = 4) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def submit(self, work: Callable[[], object], /) -> Future[object]:
        """Take the work; it starts when a thread is free."""
        return self._pool.submit(work)


def run(work: Callable[[], object], threads: str = EXTENSION) -> None:
    """Do `work` in an app context of its own, soon; a failure is logged, whoever recorded the work sweeps it.

    What it logs names the request that began it.
    """
    app, request_id = this_app(), request_log.current()

    def inside() -> None:
        with app.app_context(), request_log.belonging_to(request_id):
            try:
                work()
            except Exception as error:
                log.exception("background.failed", code=type(error).__name__)

    app.extensions[threads].submit(inside)


def init_app(app: Flask) -> None:
    """Use threads, unless tests put something else there."""
    app.extensions[EXTENSION] = Threads("background")
    app.extensions[AT_ONCE] = Threads("at-once", 200)  # each may stand waiting: see holds/turns
    app.extensions[LONG] = Threads("long", 1)
