"""Make a room."""

import sqlalchemy as sa
from prometheus_client import REGISTRY

from tests.support.factories import make_room, make_trunk, stored, trail
from tests.support.personas import SWAP, persona
from webapp.core.db import db
from webapp.rooms.models import Access, AccessLevel, PhonePin, Role, Room, TrunkRow

FORM = {"name": "Rowing club", "access_level": "trusted", "phone_enabled": "y", "hide_phone_number": "y"}


def only_room() -> Room:
    db.session.rollback()
    return db.session.scalars(sa.select(Room)).one()


def test_whoever_makes_a_room_owns_it_and_comes_to_its_page(client_as):
    owner = client_as("owner")
    answer = owner.post("/rooms/new", data=FORM)
    room = only_room()
    assert (answer.status_code, answer.location) == (303, f"/rooms/{room.slug}/invite")
    assert (room.name, room.access_level) == ("Rowing club", AccessLevel.TRUSTED)
    access = db.session.scalars(sa.select(Access)).one()
    assert (access.role, access.user_id) == (Role.OWNER, persona("owner").id)
    assert "re an owner" in owner.get(answer.location).text


def test_a_swap_is_led_to_the_new_room(client_as):
    answer = client_as("owner").post("/rooms/new", data=FORM, headers=SWAP)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/rooms/{only_room().slug}/invite"


def test_making_a_room_is_in_the_trail_without_its_pin(client_as):
    client_as("owner").post("/rooms/new", data=FORM)
    (entry,) = trail("room.create")
    room = only_room()
    assert entry.room_id == room.id and entry.user_id == persona("owner").id
    assert room.pin and room.pin not in str(entry.details)


def test_a_new_room_goes_to_the_open_trunk_with_the_fewest_rooms(app):
    for trunk_id in ("ST_a", "ST_b", "ST_c"):
        make_trunk(trunk_id)
    make_trunk("ST_closed", assignable=False)
    make_trunk("ST_gone", gone_at=make_room(phone_enabled=False).created_at)
    for _ in range(31):
        make_room()
    counts = dict(db.session.execute(sa.select(Room.trunk_id, sa.func.count()).group_by(Room.trunk_id)).all())
    assert sorted(counts[trunk] for trunk in ("ST_a", "ST_b", "ST_c")) == [10, 10, 11]
    kept = dict(db.session.execute(sa.select(TrunkRow.sip_trunk_id, TrunkRow.room_count)).all())
    assert kept == {trunk: counts.get(trunk, 0) for trunk in kept}


def test_without_any_trunk_the_room_has_a_namespace_of_its_own(app):
    room = make_room()
    assert stored(room).trunk_id == "" and room.pin


def test_a_room_without_phones_takes_no_pin_and_no_place_on_a_trunk(client_as):
    make_trunk("ST_a")
    client_as("owner").post("/rooms/new", data={"name": "Quiet", "access_level": "public"})
    room = only_room()
    assert (room.pin, room.trunk_id, room.phone_enabled) == (None, "", False)
    assert db.session.get_one(TrunkRow, "ST_a").room_count == 0


def test_when_no_pin_is_free_the_room_is_made_without_one_and_its_page_offers_another_try(client_as, change_settings):
    change_settings(pin_length=4)
    taken = [{"trunk_id": "", "pin": str(pin), "room_id": persona("owner").id} for pin in range(1000, 10_000)]
    db.session.execute(sa.insert(PhonePin), taken)
    db.session.commit()
    collisions = REGISTRY.get_sample_value("frontdesk_pin_collisions_total")
    owner = client_as("owner")
    owner.post("/rooms/new", data=FORM)
    url = f"/rooms/{only_room().slug}/"
    assert only_room().pin is None
    assert REGISTRY.get_sample_value("frontdesk_pin_collisions_total") == collisions + 5
    assert "Create PIN" in owner.get(url).text
    assert owner.post(f"{url}pin/new", headers=SWAP).status_code == 409
    change_settings(pin_length=10)
    answer = owner.post(f"{url}pin/new", headers=SWAP)
    assert answer.status_code == 200 and "Create PIN" not in answer.text
    assert only_room().pin is not None
    assert len(trail("room.generate_pin")) == 1


def test_an_unknown_access_level_is_refused(client_as):
    assert client_as("owner").post("/rooms/new", data={**FORM, "access_level": "secret"}).status_code == 422
