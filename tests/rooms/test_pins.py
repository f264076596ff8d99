"""Phone PINs: random, typeable, unique on a trunk, quarantined."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from tests.support.factories import make_room, make_trunk, stored, trail
from tests.support.personas import persona
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.rooms import jobs, pins, service
from webapp.rooms.models import PhonePin, Room


@pytest.mark.parametrize("pin", ["7777", "123456", "987654", "789012", "121212", "12341234", "1231231231"])
def test_a_pin_that_people_guess_first_is_trivial(pin: str):
    assert pins.trivial(pin)


@pytest.mark.parametrize("pin", ["1235", "482917", "1357913572", "1123581321"])
def test_an_irregular_pin_is_not_trivial(pin: str):
    assert not pins.trivial(pin)


@pytest.mark.parametrize("length", [4, 10, 16])
def test_a_drawn_pin_has_the_length_asked_for_and_no_leading_zero(length: int):
    drawn = [pins.draw(length) for _ in range(500)]
    assert all(len(pin) == length and pin.isdigit() and pin[0] != "0" and not pins.trivial(pin) for pin in drawn)
    assert len(set(drawn)) > 400


def test_a_new_pin_has_the_length_of_the_setting(app, change_settings):
    change_settings(pin_length=6)
    assert len(make_room().pin) == 6


def test_a_taken_pin_is_drawn_again_and_nothing_else_is_undone(app, monkeypatch):
    taken = make_room().pin
    drawn = iter([taken, taken, "4827159360"])
    monkeypatch.setattr(pins, "draw", lambda _length: next(drawn))
    assert stored(make_room(name="Second")).pin == "4827159360"


def test_one_pin_may_serve_two_trunks_but_not_two_rooms_of_one(app):
    room = make_room()
    assert not pins.take("", room.pin, room.id)
    assert pins.take("ST_other", room.pin, room.id)
    db.session.rollback()


def test_the_database_refuses_a_pin_that_nobody_took(app):
    room = make_room()
    room.pin = "1234509876"
    with pytest.raises(sa.exc.IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_a_retired_pin_reaches_nobody_until_its_quarantine_is_over(app, settings):
    room = make_room()
    old = room.pin
    service.rotate_pin(room, actor=Actor.system(), reason="")
    db.session.commit()
    assert not pins.take("", old, room.id)
    db.session.rollback()
    assert jobs.purge_pins() == 0
    with time_machine.travel(utcnow() + timedelta(days=settings.pin_quarantine_days, minutes=1), tick=False):
        assert jobs.purge_pins() == 1
    assert pins.take("", old, room.id)
    db.session.rollback()
    assert db.session.get(PhonePin, ("", stored(room).pin)) is not None


def test_a_room_moves_to_another_trunk_with_its_pin_when_that_is_free_there(app):
    make_trunk("ST_a")
    room = make_room()
    make_trunk("ST_b")
    pin = room.pin
    service.move_trunk(room, "ST_b", actor=Actor.user(persona("admin")))
    db.session.commit()
    room = stored(room)
    assert (room.trunk_id, room.pin) == ("ST_b", pin)
    assert trail("room.move_trunk")[0].details["kept_pin"] is True
    kept = {row.sip_trunk_id: row.room_count for row in db.session.execute(sa.text("SELECT * FROM trunks"))}
    assert kept == {"ST_a": 0, "ST_b": 1}


def test_a_room_moves_with_a_new_pin_when_its_own_is_taken_there(app):
    make_trunk("ST_a")
    room = make_room()
    make_trunk("ST_b")
    db.session.add(PhonePin(trunk_id="ST_b", pin=room.pin, room_id=room.id))
    db.session.commit()
    old = room.pin
    service.move_trunk(room, "ST_b", actor=Actor.system())
    db.session.commit()
    assert stored(room).trunk_id == "ST_b" and stored(room).pin not in {old, None}


@pytest.mark.parametrize("pin", ["12a4", "123", "1" * 17, "1234 ", "#123", "", "١٢٣٤", "12.4", "-1234"])
def test_a_pin_that_is_not_digits_is_taken_by_no_room(app, pin: str):
    room = make_room()
    with pytest.raises(ValueError, match="4 to 16 digits"):
        pins.take("", pin, room.id)
    db.session.rollback()


@pytest.mark.parametrize("pin", ["12a4", "1234 ", "#123", "١٢٣٤"])
def test_the_database_itself_refuses_a_pin_that_is_not_digits(app, pin: str):
    room = make_room()
    db.session.add(PhonePin(trunk_id="ST_a", pin=pin, room_id=room.id))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_many_rooms_have_pins_of_their_own(app, change_settings):
    change_settings(pin_length=4)
    for _ in range(60):
        make_room()
    found = db.session.scalars(sa.select(Room.pin)).all()
    assert len(set(found)) == len(found) == 60
