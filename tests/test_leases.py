"""A lease is one worker's, runs out by itself, and lasts as long as its holder's questions."""

import time

import pytest
from flask import Flask

from webapp import leases


@pytest.mark.usefixtures("app")
def test_one_holds_a_lease_and_the_others_leave():
    with leases.held("room:x") as mine:
        assert mine
        with leases.held("room:x") as second:
            assert not second
    with leases.held("room:x") as again:
        assert again


def test_a_lease_whose_holder_died_runs_out(app: Flask):
    assert leases.claim("room:x", seconds=0.2)
    with leases.held("room:x", wait=5) as mine:
        assert mine


def test_a_holder_who_asks_again_and_again_keeps_the_lease(app: Flask):
    with leases.held("room:x", seconds=0.3):
        for _ in range(3):
            leases.last(1.5)
            time.sleep(0.3)
            assert leases.claim("room:x") is None


def test_a_holder_who_slept_past_the_end_is_told_and_disturbs_nobody(app: Flask):
    with leases.held("room:x", seconds=0.1):
        time.sleep(0.2)
        assert leases.claim("room:x")
        with pytest.raises(leases.Lost):
            leases.last(1)
    assert leases.claim("room:x") is None


def test_while_a_lease_lasts_nothing_is_written(app: Flask, monkeypatch: pytest.MonkeyPatch):
    with leases.held("room:x", seconds=30):
        monkeypatch.setattr(leases.db.session, "execute", None)
        leases.last(5)
        monkeypatch.undo()
