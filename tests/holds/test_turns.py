"""When many call at once each is silenced before anything is written down of the others, and nobody waits for long."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import pytest

from webapp.holds import turns

FOR_EVER = 60  # seconds


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def write() -> float:
    begun = time.monotonic()
    with turns.writing():
        return time.monotonic() - begun


def test_what_is_written_waits_until_those_who_came_meanwhile_are_silent(pool: ThreadPoolExecutor):
    silent = threading.Event()

    def silence(caller: object) -> bool:
        with turns.silencing(caller):
            return silent.wait(turns.PATIENCE / 4)

    pool.submit(silence, turns.begin())
    written = pool.submit(write)
    time.sleep(turns.PATIENCE / 20)
    assert not written.done()
    silent.set()
    assert written.result() < turns.PATIENCE
    assert write() < turns.PATIENCE / 4, "nobody is heard any more"


def test_what_is_written_waits_while_one_caller_after_the_other_comes(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
):
    now = 0.0
    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: now))
    with turns.silencing(turns.begin()):
        written = pool.submit(write)
    for moment in range(1, 10):  # each is silent at once, and the next comes before all is quiet
        now = moment * turns.QUIET / 2
        with turns.silencing(turns.begin()):
            pass
        assert not wait([written], turns.QUIET / 2).done
    now += turns.QUIET
    assert wait([written], FOR_EVER).done


def test_who_writes_down_a_caller_does_not_wait_for_that_one():
    with turns.silencing(turns.begin()):
        assert write() < turns.PATIENCE / 2


def test_a_caller_who_cannot_be_silenced_delays_others_for_a_moment_only(pool: ThreadPoolExecutor):
    caller = turns.begin()
    assert turns.PATIENCE <= write() < 10 * turns.PATIENCE
    turns.give_up(caller)
    assert write() < turns.PATIENCE


def test_an_error_ends_the_turn():
    with pytest.raises(ValueError), turns.silencing(turns.begin()):
        raise ValueError
    assert write() < turns.PATIENCE


def test_only_a_few_write_at_the_same_time(pool: ThreadPoolExecutor):
    here, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal here, most
        with turns.writing():
            with lock:
                here += 1
                most = max(most, here)
            time.sleep(0.02)
            with lock:
                here -= 1

    list(pool.map(lambda _: work(), range(8)))
    assert most == turns.WRITERS
