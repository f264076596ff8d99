"""Whose turn it is in this process: callers are silenced first, and what is written down of them waits meanwhile.

Only the order is at stake: nobody stands back for longer than PATIENCE.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.5  # seconds
WRITERS = 2  # at the same time: more of them would take the database's connections from the hooks that come in

_quiet = threading.Condition()
_heard: set[object] = set()  # callers of whom a hook told, and of whom it is not known that nobody hears them
_writers = threading.BoundedSemaphore(WRITERS)
_mine = threading.local()  # the one whom this thread is silencing


def begin() -> object:
    """A hook told of a caller: gives what `silencing` or `give_up` wants to be told of it."""
    caller = object()
    with _quiet:
        _heard.add(caller)
    return caller


def give_up(caller: object) -> None:
    """The caller is silent, or nobody will see to it."""
    with _quiet:
        _heard.discard(caller)
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
    """Stand back while callers are being silenced: they can be heard."""
    with _quiet:
        _quiet.wait_for(lambda: not _heard, PATIENCE)
