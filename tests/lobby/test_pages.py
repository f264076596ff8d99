"""A page of the lobby is bounded, whatever waits: twenty rooms, ten of each, the rest on request."""

from collections.abc import Callable

from flask import Flask

from tests.plugins.queries import counted
from tests.support.crowds import crowd
from tests.support.factories import make_room
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.lobby.models import Entry, Status

As = Callable[[str], Browser]


def test_ten_of_each_room_are_shown_and_the_rest_on_its_own_page(app: Flask, client_as: As):
    full, other = make_room(name="Full"), make_room(name="Other")
    crowd(full, 25), crowd(other, 3)
    host = client_as("owner")
    page = host.get("/lobby/").text
    assert page.count('<li id="guest-') == 13
    assert "28 people are waiting in your rooms" in page and "Admit all 28" in page
    assert "Show 15 more who are waiting" in page and "Admit these 10" in page and "Admit all 3" in page
    assert host.get(f"/rooms/{full.slug}/queue").text.count('<li id="guest-') == 25


def test_twenty_rooms_are_shown_and_the_rest_on_the_next_page(app: Flask, client_as: As):
    for number in range(23):
        crowd(make_room(name=f"Room {number:02}"), 1)
    host = client_as("owner")
    first, second = host.get("/lobby/").text, host.get("/lobby/?page=2").text
    assert (first.count('<li id="guest-'), second.count('<li id="guest-')) == (20, 3)
    assert "page=2" in first and "Previous rooms" in second
    for odd in ("0", "-1", "x", "9" * 30, "\u0662"):
        assert host.get("/lobby/", query_string={"page": odd}).status_code == 200


def test_admitting_all_means_all_who_wait_on_whatever_page(app: Flask, client_as: As):
    for number in range(22):
        crowd(make_room(name=f"Room {number:02}"), 12 if number == 0 else 1)
    host = client_as("owner")
    page = host.get("/lobby/admit-all").text
    assert "33 people will join at once" in page
    last = page.split('name="last" value="')[1].split('"')[0]
    assert host.post("/lobby/admit-all", data={"last": last}).status_code == 303
    db.session.rollback()
    assert db.session.query(Entry).filter_by(status=Status.WAITING).count() == 0


def test_a_page_asks_as_often_for_much_as_for_little(app: Flask, client_as: As):
    host, asked = client_as("owner"), []
    for numbers, each in ((range(1), 2), (range(1, 30), 15)):
        for number in numbers:
            crowd(make_room(name=f"Room {number:02}"), each)
        with counted() as sent:
            assert host.get("/lobby/").status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1] <= 7
