"""A room on another trunk: with its PIN when that is free there, and its page says that the number changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.factories import make_trunk, stored, trail
from tests.support.personas import Browser, persona
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.rooms import service
from webapp.rooms.models import PhonePin, Room, TrunkRow

As = Callable[[str], Browser]


@pytest.fixture
def moved(room: Room) -> Callable[..., Room]:
    """Moves the room to a trunk."""
    make_trunk("ST_new", number="+15550009")

    def move() -> Room:
        service.move_trunk(room, "ST_new", actor=Actor.user(persona("admin")))
        db.session.commit()
        return stored(room)

    return move


def test_a_pin_that_is_free_there_is_kept(moved: Callable[..., Room], room: Room):
    before = room.pin
    assert moved().pin == before
    assert db.session.get_one(PhonePin, ("ST_new", before)).blocked_until is None
    assert db.session.get_one(PhonePin, ("", before)).blocked_until > utcnow(), "it reaches nobody else on the old one"
    assert db.session.get_one(TrunkRow, "ST_new").room_count == 1


def test_a_pin_that_is_taken_there_gives_way_to_a_new_one(moved: Callable[..., Room], room: Room):
    before = room.pin
    db.session.add(PhonePin(trunk_id="ST_new", pin=before, room_id=room.id))
    db.session.commit()
    assert moved().pin not in {before, None}
    assert trail("room.move_trunk")[0].details["kept_pin"] is False


def test_a_room_that_phones_may_not_join_gets_no_pin_by_moving(moved: Callable[..., Room], room: Room):
    db.session.execute(sa.update(Room).values(pin=None, phone_enabled=False))
    db.session.commit()
    db.session.refresh(room)
    assert moved().pin is None


def test_a_pin_that_works_on_after_a_rotation_ends_with_the_move(moved: Callable[..., Room], room: Room):
    before = room.pin
    service.rotate_pin(room, actor=Actor.system(), reason="", overlap=60)
    assert moved().old_pin is None
    blocked = db.session.get_one(PhonePin, ("", before)).blocked_until
    assert blocked < utcnow() + timedelta(days=30, minutes=1)


@pytest.mark.parametrize(("taken", "words"), [(False, "the PIN is the same"), (True, "Number and PIN changed")])
def test_members_read_on_the_rooms_page_what_changed(
    client_as: As, moved: Callable[..., Room], room: Room, taken: bool, words: str
):
    assert "another trunk" not in client_as("member").get(f"/rooms/{room.slug}/").text
    if taken:
        db.session.add(PhonePin(trunk_id="ST_new", pin=room.pin, room_id=room.id))
        db.session.commit()
    moved()
    assert words in client_as("member").get(f"/rooms/{room.slug}/").text


def test_after_a_month_the_page_is_quiet_again(client_as: As, moved: Callable[..., Room], room: Room):
    moved()
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(days=31)))
    db.session.commit()
    assert "another trunk;" not in client_as("member").get(f"/rooms/{room.slug}/").text
