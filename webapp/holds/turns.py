"""Whose turn it is in this process: callers are silenced first, and what is written down of them waits meanwhile.

Only the order is at stake: nobody stands back for longer than PATIENCE.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE = 1.0  # seconds
QUIET = 0.1  # seconds without a new caller: to write down one takes longer than the next one is away in a burst
WRITERS = 2  # at the same time: more of them would take the database's connections from the hooks that come in


@dataclass
class _Callers:
    """Those of whom hooks told: who may be heard still, and when the latest one came, on the monotonic clock."""

    heard: set[object] = field(default_factory=set)
    came_at: float = 0.0


_callers = _Callers()
_quiet = threading.Condition()
_writers = threading.BoundedSemaphore(WRITERS)
_mine = threading.local()  # the one whom this thread is silencing


def begin() -> object:
    """A hook told of a caller: gives what `silencing` or `give_up` wants to be told of it."""
    caller = object()
    with _quiet:
        _callers.heard.add(caller)
        _callers.came_at = time.monotonic()
    return caller


def give_up(caller: object) -> None:
    """The caller is silent, or nobody will see to it."""
    with _quiet:
        _callers.heard.discard(caller)
        _quiet.notify_all()


@contextmanager
def silencing(caller: object) -> Iterator[None]:
    """Do what was begun; it counts until the end of the block, or until something is written down."""
    _mine.caller = caller
    try:
        yield
    finally:
        give_up(caller)
        _mine.caller = None


@contextmanager
def writing() -> Iterator[None]:
    """Write down what became of a caller, once others who came meanwhile are silent."""
    give_up(getattr(_mine, "caller", None))
    let_pass()
    with _writers:
        yield


def let_pass() -> None:
    """Stand back while callers are being silenced, since they can be heard, and while one comes after the other."""
    now = time.monotonic()
    given_up = now + PATIENCE
    with _quiet:
        while now < given_up and (pause := given_up - now if _callers.heard else _callers.came_at + QUIET - now) > 0:
            _quiet.wait(min(pause, given_up - now))
            now = time.monotonic()
