"""A host hands the room out: link, number and PIN as one text, as codes and as a card; each look at the PIN is kept."""

import re
from collections.abc import Callable

import pytest

from tests.support.factories import make_room, stored, trail
from tests.support.personas import SWAP, Browser, persona
from webapp.core.filters import grouped
from webapp.rooms.models import AccessLevel, Room

ClientAs = Callable[[str], Browser]
NUMBER, WRITTEN = "+33170189900", "+33 1 70 18 99 00"
WAYS = ("invitation", "invite/dial-in-code", "invite/card")


@pytest.fixture
def room(change_settings: Callable[..., None]) -> Room:
    """A room that phones can join."""
    change_settings(phone_number=NUMBER, public_url="https://desk.frontdesk.example")
    made = make_room("owner", administrator="administrator", member="member", name="Housing committee")
    made.access_level = AccessLevel.RESTRICTED
    return stored(made)


def url(room: Room, way: str = "invite") -> str:
    return f"/rooms/{room.slug}/{way}"


def pasted(page: str) -> str:
    """The text that is copied."""
    found = re.search(r'<pre[^>]*id="invitation-text"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found, page
    return found[1].replace("&#39;", "'")


@pytest.mark.parametrize("who", ["owner", "administrator"])
def test_hosts_copy_one_text_with_everything_and_that_they_saw_the_pin_is_kept(
    client_as: ClientAs, room: Room, who: str
):
    answer = client_as(who).post(url(room, "invitation"), headers=SWAP)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert pasted(answer.text).splitlines() == [
        "Housing committee",
        "",
        f"Online: https://desk.frontdesk.example/join/{room.slug}",
        f"Dial in: {WRITTEN}",
        f"PIN: {grouped(room.pin or '')}, then #",
        f"One tap: {NUMBER},,,{room.pin}#",
        "",
        "You may wait a moment until the host lets you in.",
    ]
    assert 'data-hide-after="30"' in answer.text and "data-copy-now" in answer.text
    (entry,) = trail("room.reveal_pin")
    assert (entry.user_id, entry.details) == (persona(who).id, {"purpose": "invitation"})


def test_without_javascript_the_answer_is_the_page_with_the_text(client_as: ClientAs, room: Room):
    answer = client_as("owner").post(url(room, "invitation"))
    assert answer.status_code == 200 and "<html" in answer.text
    assert grouped(room.pin or "") in pasted(answer.text)


def test_the_page_itself_never_holds_the_pin(client_as: ClientAs, room: Room):
    pin = room.pin or ""
    for path in ("", "invite", "invite?language=fr", "invite/dial-in-code"):
        for headers in ({}, SWAP):
            text = client_as("owner").get(url(room, path), headers=headers).text
            assert pin not in text and grouped(pin) not in text
    assert trail("room.reveal_pin") == []


def test_the_text_is_in_the_language_that_was_chosen_and_the_page_stays_in_the_readers(client_as: ClientAs, room: Room):
    owner = client_as("owner")
    page = owner.get(url(room, "invite?language=fr")).text
    assert "Share the invitation" in page and "En ligne" in page and '<option selected value="fr">' in page
    text = pasted(owner.post(url(room, "invitation"), data={"language": "fr"}).text)
    assert "En ligne\xa0: https://" in text and "hôte" in text
    odd = owner.get(url(room, "invite?language=xx"))
    assert odd.status_code == 200 and "Online" in odd.text


def test_a_public_room_without_phone_is_handed_out_by_its_link_alone_and_nothing_is_a_reveal(
    client_as: ClientAs, app: object
):
    room = make_room("owner", phone_enabled=False, access_level=AccessLevel.PUBLIC)
    page = client_as("owner").get(url(room)).text
    assert pasted(page).splitlines() == [room.name, "", f"Online: http://127.0.0.1:8000/join/{room.slug}"]
    assert "Phones can't join this room" in page and "dial-in-code" not in page
    assert client_as("owner").post(url(room, "invite/card")).status_code == 200
    assert trail("room.reveal_pin") == []


def test_the_code_that_dials_is_drawn_when_it_is_asked_for_and_veiled_again(client_as: ClientAs, room: Room):
    owner = client_as("owner")
    assert "veiled" in owner.get(url(room)).text
    shown = owner.post(url(room, "invite/dial-in-code"), headers=SWAP).text
    assert "<svg" in shown and "veiled" not in shown and 'data-hide-after="30"' in shown
    assert "veiled" in owner.get(url(room, "invite/dial-in-code"), headers=SWAP).text
    assert len(trail("room.reveal_pin")) == 1


def test_the_code_of_the_link_is_a_file(client_as: ClientAs, room: Room):
    answer = client_as("owner").get(url(room, "invite/link.svg"))
    assert answer.mimetype == "image/svg+xml" and answer.data.lstrip().startswith(b"<?xml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{room.slug}.svg"'


def test_the_card_has_link_number_and_pin_in_the_language_that_was_chosen(client_as: ClientAs, room: Room):
    page = client_as("owner").post(url(room, "invite/card"), data={"language": "fr"}).text
    assert f"desk.frontdesk.example/join/{room.slug}" in page and "https://desk" not in page.split('class="face"')[1]
    assert WRITTEN in page and f"{grouped(room.pin or '')} #" in page and page.count("<svg aria-hidden") == 2
    assert '<html lang="fr">' in page and "Owner Person" in page
    assert len(trail("room.reveal_pin")) == 1


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("admin", 403), ("stranger", 404), ("support", 404)])
def test_whoever_is_no_host_hands_nothing_out(client_as: ClientAs, room: Room, who: str, status: int):
    browser = client_as(who)
    for path in ("invite", "invite/link.svg", "invite/dial-in-code"):
        assert browser.get(url(room, path)).status_code == status, path
    for path in WAYS:
        assert browser.post(url(room, path)).status_code == status, path
    assert trail("room.reveal_pin") == []
    if status == 403:
        assert url(room) not in browser.get(url(room, "")).text


def test_a_room_that_was_just_made_opens_with_what_one_hands_out(client_as: ClientAs, app: object):
    data = {"name": "Budget hearing", "slug": "", "access_level": "restricted", "phone_enabled": "y"}
    answer = client_as("owner").post("/rooms/new", data=data)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/invite")
    assert "Share the invitation" in client_as("owner").get(answer.headers["Location"]).text


def test_one_person_sees_thirty_pins_a_minute_by_all_ways_together(client_as: ClientAs, room: Room):
    owner = client_as("owner")
    for number in range(30):
        assert owner.post(url(room, (*WAYS, "pin/reveal")[number % 4]), headers=SWAP).status_code == 200
    refused = [owner.post(url(room, way), headers=SWAP).status_code for way in (*WAYS, "pin/reveal")]
    assert refused == [429] * 4 and len(trail("room.reveal_pin")) == 30
    assert client_as("administrator").post(url(room, "invitation"), headers=SWAP).status_code == 200
