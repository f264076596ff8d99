"""New rooms go where the fewest are, so that trunks fill alike."""

import threading

import pytest
from flask import Flask

from tests.support.factories import make_room, make_trunk
from tests.support.personas import persona
from tests.support.waiting import PATIENCE
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms import assignment, service
from webapp.rooms.models import TrunkRow


def counts() -> list[int]:
    db.session.expire_all()
    found = sorted(row.room_count for row in db.session.query(TrunkRow))
    db.session.commit()
    return found


@pytest.fixture
def three(app: Flask) -> list[TrunkRow]:
    return [make_trunk(f"ST_{number}") for number in range(3)]


def test_ten_thousand_rooms_over_three_trunks_differ_by_at_most_one(three: list[TrunkRow]):
    joined = [assignment.join_emptiest() for _ in range(10_000)]
    db.session.commit()
    assert counts() == [3333, 3333, 3334]
    assert sorted(joined.count(trunk.sip_trunk_id) for trunk in three) == [3333, 3333, 3334]


def test_rooms_made_at_the_same_time_are_spread_as_evenly(app: Flask, three: list[TrunkRow]):
    owner = persona("owner")
    failures: list[BaseException] = []

    def make() -> None:
        with app.app_context():
            try:
                for _ in range(10):
                    service.create(owner, actor=Actor.system(), name="Room")
                    db.session.commit()
            except BaseException as error:
                failures.append(error)

    db.session.commit()
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not failures
    assert counts() == [26, 27, 27]


def test_a_closed_trunk_and_one_that_is_gone_get_none(three: list[TrunkRow]):
    three[0].assignable = False
    db.session.commit()
    for _ in range(4):
        make_room()
    assert counts() == [0, 2, 2]
