"""Old rows go in pieces, along the key, and nothing else goes with them."""

import threading
import time
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from tests.support.waiting import PATIENCE
from webapp.core import db as database
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.core.leases import Lease
from webapp.deliveries.models import Delivery
from webapp.hooks import processing as hooks
from webapp.jobs import work
from webapp.rooms.models import PhonePin

OLD = timedelta(days=60)


def _leases(ages: list[timedelta]) -> None:
    for number, age in enumerate(ages):
        db.session.add(Lease(name=f"room:{number:02}", until=utcnow() - age))
    db.session.commit()


def test_a_purge_takes_every_old_row_in_pieces_and_leaves_the_others(app: Flask):
    ages = [OLD if number % 3 else timedelta(0) for number in range(30)]
    _leases(ages)
    assert db.purge(Lease, Lease.until < utcnow() - timedelta(days=1), piece=3) == 20
    left = db.session.scalars(sa.select(Lease.name).order_by(Lease.name)).all()
    db.session.commit()
    assert left == [f"room:{number:02}" for number in range(0, 30, 3)]


def test_rows_whose_key_has_two_columns_go_in_pieces_too(app: Flask):
    over = utcnow() - timedelta(days=1)
    for trunk in ("ST_a", "ST_b"):
        for number in range(7):
            blocked_until = over if number % 2 else utcnow() + OLD
            db.session.add(PhonePin(trunk_id=trunk, pin=f"{number:04}", room_id=db_id(), blocked_until=blocked_until))
    db.session.commit()
    assert db.purge(PhonePin, PhonePin.blocked_until <= over, piece=3) == 6
    left = db.session.scalars(sa.select(PhonePin.pin).order_by(PhonePin.trunk_id, PhonePin.pin)).all()
    db.session.commit()
    assert left == ["0000", "0002", "0004", "0006"] * 2


def db_id() -> object:
    """Any key."""
    return database.new_id()


def test_while_many_rows_go_others_write_between_the_pieces(app: Flask):
    rows = [{"name": f"room:{number:05}", "until": utcnow() - OLD} for number in range(5000)]
    db.session.execute(sa.insert(Lease), rows)
    db.session.commit()
    purged = threading.Event()
    written: list[str] = []

    def write() -> None:
        with app.app_context():
            while not purged.is_set():
                name = f"new:{len(written)}"
                db.session.execute(sa.insert(Lease).values(name=name, until=utcnow() + OLD))
                db.session.commit()
                written.append(name)
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    gone = db.purge(Lease, Lease.until < utcnow() - timedelta(days=1), piece=100)
    purged.set()
    writer.join(PATIENCE)
    assert gone == 5000
    assert len(written) >= 5, "somebody wrote meanwhile"


def test_only_deliveries_of_long_ago_are_forgotten(app: Flask):
    for event_id, age in (("old", 31), ("young", 29)):
        received_at = utcnow() - timedelta(days=age)
        db.session.add(
            Delivery(event_id=event_id, event="room_started", body={}, created_at=received_at, received_at=received_at)
        )
    db.session.commit()
    hooks.purge()
    left = db.session.scalars(sa.select(Delivery.event_id)).all()
    db.session.commit()
    assert left == ["young"]


def test_only_work_done_long_ago_is_forgotten_and_never_work_that_is_not_done(app: Flask):
    long_ago, lately = utcnow() - timedelta(days=8), utcnow() - timedelta(days=6)
    for kind, done_at, gave_up_at in (
        ("old", long_ago, None),
        ("young", lately, None),
        ("waits", None, None),
        ("gave_up", None, long_ago),
    ):
        db.session.add(
            DueWork(kind=kind, payload={}, created_at=long_ago, due_at=long_ago, done_at=done_at, gave_up_at=gave_up_at)
        )
    db.session.commit()
    work.purge()
    left = db.session.scalars(sa.select(DueWork.kind).order_by(DueWork.kind)).all()
    db.session.commit()
    assert left == ["gave_up", "waits", "young"]
