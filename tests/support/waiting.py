"""Waiting for what must come true: as long as a busy machine needs, and no longer than it does not."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How long anything may take that no test measures: beside other busy processes everything takes its time. Only what
# never comes is a failure, and that is why no test waits a time of its own.
PATIENCE = 300


def until(true: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Wait until something holds, and return it. Fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(0.01)
    return found


async def async_until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds that other tasks of this loop bring about. Fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        await asyncio.sleep(0.002)


def until_it_passes(check: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Check until no assertion fails any more. Fails after some seconds, with what failed last."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def seconds_until(true: Callable[[], object]) -> float:
    """Wait until something holds, and return how long it took."""
    begun = time.monotonic()
    until(true)
    return time.monotonic() - begun
