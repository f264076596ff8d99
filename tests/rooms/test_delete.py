"""End a room for good: said before, asked once, and true afterwards."""

import threading

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.doors import guest
from tests.support.factories import make_room, make_trunk, stored, trail
from tests.support.personas import SWAP, persona
from tests.support.waiting import PATIENCE
from webapp.access import service as access
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.rooms.models import Access, PhonePin, Role, Room, TrunkRow


def test_the_page_says_what_ends_for_whom_and_asks_once(app: Flask, client_as, room: Room):
    guest(app, room)
    db.session.add(Recording(room_id=room.id, mode=Mode.VIDEO, key="recordings/x.mp4"))
    room.live_since = utcnow()
    db.session.commit()
    text = client_as("owner").get(f"/rooms/{room.slug}/delete").text
    for words in (
        "2 people other than the owners lose access.",
        "The phone PIN stops working",
        "The link stops working",
        "People are in the meeting. They stay until they leave",
        "1 waiting person is told that the room is closed.",
        "1 recording stays with the owners until it expires.",
        "What was done in the room stays in the audit log.",
    ):
        assert words in text
    assert stored(room).deleted_at is None, "asking is not doing"


def test_it_goes_from_the_list_and_all_but_its_owners_lose_their_role(client_as, room: Room):
    owner = client_as("owner")
    answer = owner.post(f"/rooms/{room.slug}/delete")
    assert (answer.status_code, answer.location) == (303, "/rooms/")
    assert "Housing committee was deleted." in owner.get("/rooms/").text
    assert room.slug not in owner.get("/rooms/").text
    left = db.session.scalars(sa.select(Access).where(Access.room_id == room.id, Access.revoked_at.is_(None))).all()
    assert [row.user_id for row in left] == [persona("owner").id], "an owner's role opens what was recorded"
    (entry,) = trail("room.delete")
    assert entry.details == {"people": 2} and entry.room_id == room.id


def test_the_pin_is_blocked_and_the_trunk_has_a_place_again(client_as):
    make_trunk("ST_a")
    room = make_room()
    pin = room.pin
    client_as("owner").post(f"/rooms/{room.slug}/delete")
    assert stored(room).pin is None
    assert db.session.get_one(PhonePin, ("ST_a", pin)).blocked_until > utcnow()
    assert db.session.get_one(TrunkRow, "ST_a").room_count == 0


def test_the_link_goes_to_no_other_room(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/delete")
    answer = client_as("stranger").post("/rooms/new", data={"name": "x", "access_level": "public", "slug": room.slug})
    assert answer.status_code == 422 and "Another room has this link" in answer.text


def test_only_owners_and_admins_delete(client_as, room: Room):
    for who, status in (("administrator", 403), ("member", 403), ("stranger", 404), ("support", 404)):
        assert client_as(who).post(f"/rooms/{room.slug}/delete").status_code == status
    assert stored(room).deleted_at is None and trail("room.delete") == []
    assert client_as("admin").post(f"/rooms/{room.slug}/delete").status_code == 303


def test_of_two_owners_deleting_at_once_the_second_hears_who_was_first(client_as, room: Room):
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.OWNER)
    db.session.commit()
    answers: list[TestResponse] = []
    together, url = threading.Barrier(2), f"/rooms/{room.slug}/delete"

    def delete(browser) -> None:
        together.wait()
        answers.append(browser.post(url, headers=SWAP))

    threads = [threading.Thread(target=delete, args=(client_as(who),)) for who in ("owner", "stranger")]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    (entry,) = trail("room.delete")
    who = "Owner" if entry.user_id == persona("owner").id else "Stranger"
    late = next(answer for answer in answers if answer.status_code == 409)
    assert f"{who} Person deleted the room “Housing committee” (just now)." in late.text


def test_whoever_changes_a_room_that_was_just_deleted_hears_it(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/delete")
    answer = client_as("administrator").post(f"/rooms/{room.slug}/pin", headers=SWAP)
    assert answer.status_code == 409 and "Owner Person deleted the room" in answer.text
    assert answer.headers["HX-Retarget"] == "#alerts"
    assert client_as("stranger").post(f"/rooms/{room.slug}/pin", headers=SWAP).status_code == 404
