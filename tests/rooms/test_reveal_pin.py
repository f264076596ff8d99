"""See a PIN: on request, by those who may, and never unnoticed."""

import pytest

from tests.support.factories import make_room, stored, trail
from tests.support.personas import SWAP, persona
from webapp.core.filters import grouped
from webapp.rooms.models import Room


def url(room: Room) -> str:
    return f"/rooms/{room.slug}/pin/reveal"


@pytest.mark.parametrize("who", ["owner", "administrator", "member"])
def test_people_with_a_role_see_the_pin_and_that_is_kept(client_as, room: Room, who: str):
    answer = client_as(who).post(url(room), headers=SWAP)
    assert answer.status_code == 200 and grouped(room.pin) in answer.text
    (entry,) = trail("room.reveal_pin")
    assert entry.user_id == persona(who).id and room.pin not in str(entry.details)


def test_without_javascript_the_answer_is_the_page_with_the_pin(client_as, room: Room):
    answer = client_as("member").post(url(room))
    assert answer.status_code == 200 and grouped(room.pin) in answer.text and "<html" in answer.text


def test_nobody_sees_the_pin_on_the_page_before_asking(client_as, room: Room):
    for who in ("owner", "administrator", "member", "admin"):
        text = client_as(who).get(f"/rooms/{room.slug}/").text
        assert room.pin not in text and grouped(room.pin) not in text
        assert room.pin[-2:] in text
    assert trail("room.reveal_pin") == []


def test_hiding_it_masks_it_again(client_as, room: Room):
    answer = client_as("member").get(f"/rooms/{room.slug}/pin", headers=SWAP)
    assert answer.status_code == 200 and grouped(room.pin) not in answer.text


def test_the_dial_link_types_the_pin_only_once_it_is_revealed(client_as, room: Room, change_settings):
    change_settings(phone_number="+33170189900")
    owner = client_as("owner")
    assert 'href="tel:+33170189900"' in owner.get(f"/rooms/{room.slug}/").text
    assert f'href="tel:+33170189900,,,{room.pin}%23"' in owner.post(url(room), headers=SWAP).text


def test_an_admin_says_why(client_as, room: Room):
    admin = client_as("admin")
    refused = admin.post(url(room), headers=SWAP)
    assert refused.status_code == 422 and "logged" in refused.text
    assert grouped(room.pin) not in refused.text and trail("room.reveal_pin") == []
    answer = admin.post(url(room), data={"reason": "ticket 4711"}, headers=SWAP)
    assert grouped(room.pin) in answer.text
    assert trail("room.reveal_pin")[0].reason == "ticket 4711"


def test_an_admin_with_a_role_in_the_room_needs_no_reason(client_as, app):
    room = stored(make_room("admin"))
    assert client_as("admin").post(url(room), headers=SWAP).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "support"])
def test_strangers_and_support_never_learn_that_the_room_exists(client_as, room: Room, who: str):
    answer = client_as(who).post(url(room), data={"reason": "please"})
    assert answer.status_code == 404 and room.pin not in answer.text
    assert trail("room.reveal_pin") == []
