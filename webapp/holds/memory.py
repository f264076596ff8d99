"""Whom this process is holding right now: the next event of the same caller need not ask who it is about.

Nothing depends on it: what is not found here is asked of the database and of LiveKit, a little later.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webapp.holds.status import HoldStatus

_lock = threading.Lock()
_by_sid: dict[str, "Held"] = {}


@dataclass
class Held:
    """A caller who has to wait, of whom nothing is written yet; `took_ms` when another event had the voice muted."""

    stands: HoldStatus
    call_id: str
    took_ms: int | None = None


@contextmanager
def holding(stands: HoldStatus, sid: str, call_id: str) -> Iterator[Held]:
    """Say so while the block runs."""
    held = Held(stands, call_id)
    with _lock:
        _by_sid[sid] = held
    try:
        yield held
    finally:
        with _lock:
            if _by_sid.get(sid) is held:
                del _by_sid[sid]


def find(sid: str) -> Held | None:
    """Who is being held under LiveKit's sid."""
    return _by_sid.get(sid)


def tell(sid: str, held: Held, took_ms: int) -> bool:
    """Leave it to those who are holding the caller to write down how long it took; False when they are through."""
    with _lock:
        if _by_sid.get(sid) is not held:
            return False
        held.took_ms = took_ms
        return True
