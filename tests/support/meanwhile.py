"""Two at once: one is kept waiting for LiveKit's answer, and the test does the other's part meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from flask import Flask, current_app

from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until
from webapp.core.db import db

T = TypeVar("T")


@contextmanager
def waiting_for_livekit(
    livekit: LiveKit, method: str, work: Callable[[], T], *, seconds: float = 3
) -> Iterator[list[T]]:
    """Inside the block `work` waits in a thread of its own for the next answer to `method`; gives what came of it.

    The list is filled when the block has ended. LiveKit does what it was asked after the delay.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    outcome: list[T] = []

    def do() -> None:
        with app.app_context():
            outcome.append(work())

    db.session.commit()  # or the two would wait for each other
    livekit.delay(method, seconds)
    before = livekit.calls(method)
    thread = threading.Thread(target=do)
    thread.start()
    try:
        until(lambda: livekit.calls(method) > before or not thread.is_alive())
        yield outcome
        db.session.commit()
    finally:
        thread.join(PATIENCE)
