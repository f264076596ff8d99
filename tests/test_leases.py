"""A lease has one holder at a time, outlives nobody, and is forgotten."""

import threading
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from webapp import leases
from webapp.db import db, utcnow
from webapp.leases import Lease


def test_of_many_who_ask_at_once_one_gets_it(app: Flask):
    got: list[str] = []
    barrier = threading.Barrier(6)

    def ask() -> None:
        with app.app_context():
            barrier.wait(10)
            if holder := leases.claim("room:1"):
                got.append(holder)

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
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
