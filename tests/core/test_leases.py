"""A lease is one worker's, runs out by itself, lasts as long as its holder's questions, and is forgotten."""

import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, g

from tests.plugins.queries import Counted
from tests.support.waiting import PATIENCE, seconds_until, until
from webapp import create_app
from webapp.core import leases
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.core.leases import Lease
from webapp.models import metadata


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


def test_a_holder_keeps_the_lease_however_slow_an_answer_is(app: Flask):
    with leases.held("room:x", seconds=3):
        time.sleep(5)
        assert leases.claim("room:x") is None
        leases.last()
    assert leases.claim("room:x") is not None


def test_a_holder_that_was_killed_delays_others_by_less_than_fifteen_seconds(app: Flask):
    assert leases.claim("room:x"), "nobody renews it"
    until = db.session.get_one(Lease, "room:x").until
    db.session.commit()
    assert until < utcnow() + timedelta(seconds=15)


HOLDER = """
import sys, time
from webapp import create_app
from webapp.core import leases
from webapp.core.config import Settings
with create_app(Settings(environment="testing", database_url=sys.argv[1])).app_context():
    with leases.held("room:x"):
        print("held", flush=True)
        time.sleep(3600)
"""


def test_a_process_that_is_killed_while_it_renews_a_lease_leaves_it_to_others_within_fifteen_seconds(
    own_database_url: str,
):
    with create_app(Settings(environment="testing", database_url=own_database_url)).app_context():
        metadata.create_all(db.engine)
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, own_database_url], stdout=subprocess.PIPE)
        try:
            assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
            begun = db.session.get_one(Lease, "room:x").until
            db.session.commit()
            until(lambda: held_until() > begun)  # it was renewed: what follows is the last breath of a living one
        finally:
            holder.kill()
            holder.communicate()
        left = db.session.scalars(sa.select(Lease.until <= db.clock(15))).one()
        db.session.commit()
        assert left, "by the database's clock"
        assert seconds_until(lambda: leases.claim("room:x")) < 45, "fifteen, on a machine that does nothing else"
        db.dispose()


def held_until() -> datetime:
    found = db.session.scalars(sa.select(Lease.until)).one()
    db.session.commit()
    return found


def test_a_renewal_that_comes_after_the_release_holds_nothing(app: Flask):
    with leases.held("room:x"):
        (claimed,) = g.leases.values()
    claimed.beat()
    assert claimed.lost
    assert leases.claim("room:x") is not None


@pytest.mark.parametrize("ahead", [31, -31])
def test_whose_clock_is_wrong_neither_takes_a_held_lease_nor_holds_one_for_long(app: Flask, ahead: int):
    assert leases.claim("room:x")
    with time_machine.travel(utcnow() + timedelta(seconds=ahead)):
        assert leases.claim("room:x") is None
        assert leases.claim("room:y", seconds=0.5)
    time.sleep(0.6)
    assert leases.claim("room:y"), "it ran out by the database's clock"


def test_who_waits_looks_less_and_less_often_and_writes_nothing(app: Flask, count_queries: Counted):
    assert leases.claim("trunk:1")
    with count_queries() as queries, leases.held("trunk:1", wait=2) as mine:
        assert not mine
    assert 4 <= len(queries) <= 40  # pauses are drawn; at the first one it would be hundreds
    assert not [text for text in queries if text.startswith(("UPDATE", "INSERT", "BEGIN IMMEDIATE"))]


def test_a_holder_who_slept_past_the_end_is_told_and_disturbs_nobody(app: Flask):
    with leases.held("room:x", seconds=0.1):
        time.sleep(0.2)
        assert leases.claim("room:x")
        with pytest.raises(leases.Lost):
            leases.last()
    assert leases.claim("room:x") is None


def test_while_a_lease_lasts_nothing_is_written(app: Flask, count_queries: Counted):
    with leases.held("room:x", seconds=30), count_queries() as queries:
        leases.last()
        assert queries == []


def test_of_many_who_ask_at_once_one_gets_it(app: Flask):
    got: list[str] = []
    barrier = threading.Barrier(6)

    def ask() -> None:
        with app.app_context():
            barrier.wait(PATIENCE)
            if holder := leases.claim("room:1"):
                got.append(holder)

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(PATIENCE)
    assert len(got) == 1


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_does_not_end_the_new_one(app: Flask):
    old = leases.claim("room:1", seconds=-1)
    new = leases.claim("room:1")
    assert old and new
    leases.release("room:1", old)
    assert leases.claim("room:1") is None
    leases.release("room:1", new)
    assert leases.claim("room:1") is not None


def test_whoever_waits_gets_it_when_it_is_let_go(app: Flask):
    with leases.held("trunk:1") as first, leases.held("trunk:1", wait=0.05) as second:
        assert (first, second) == (True, False)
    with leases.held("trunk:1", wait=5) as third:
        assert third


def test_only_leases_nobody_took_for_long_are_forgotten(app: Flask):
    for name, age in (("old", timedelta(days=2)), ("fresh", timedelta(hours=2))):
        db.session.add(Lease(name=name, until=utcnow() - age))
    leases.purge()
    assert db.session.scalars(sa.select(Lease.name)).all() == ["fresh"]
    db.session.commit()
