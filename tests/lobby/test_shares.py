"""One address does not shut a room's lobby for all others, and two sends of one form are one request."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.doors import entries, entry, look
from tests.support.factories import make_room
from tests.support.personas import SWAP, Browser, browser
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.lobby import jobs
from webapp.lobby.models import Entry, RefusedAddress, Status
from webapp.rooms.models import Room

As = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def small(change_settings: Callable[..., None]) -> None:
    """Twenty seats, ten for one address, fifteen for one network; no limit per address over all rooms."""
    change_settings(lobby_room_limit=20, join_limit="1000 per minute")


def knock(app: Flask, room: Room, address: str, name: str = "Lotte", client: Browser | None = None) -> TestResponse:
    here = {"environ_base": {"REMOTE_ADDR": address}}
    return (client or browser(app)).post(f"/join/{room.slug}", data={"name": name}, **here)


def knocks(app: Flask, room: Room, address: str, count: int) -> list[int]:
    return [knock(app, room, address).status_code for _ in range(count)]


def form(client: Browser, room: Room) -> dict[str, str]:
    found = re.search(r'name="nonce"[^>]*value="([^"]+)"', client.get(f"/join/{room.slug}").text)
    assert found
    return {"name": "Lotte", "nonce": found[1]}


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8:1:2::7", "::ffff:192.0.2.7"])
def test_one_address_fills_half_of_a_lobby_and_others_come_in_as_before(app: Flask, address: str):
    room, other = make_room(), make_room(name="Another")
    assert knocks(app, room, address, 13) == [303] * 10 + [429] * 3
    assert knocks(app, room, "198.51.100.1", 2) == [303] * 2
    assert knocks(app, other, address, 1) == [303]


@pytest.mark.parametrize("network", ["192.0.2.{}", "2001:db8:1:{}::1"])
def test_one_network_fills_three_quarters(app: Flask, network: str):
    room = make_room()
    said = [status for number in range(5) for status in knocks(app, room, network.format(number), 4)]
    assert said == [303] * 15 + [429] * 5
    assert knocks(app, room, "198.51.100.1", 1) == [303]


def test_who_waits_already_or_is_signed_in_is_never_refused_behind_a_full_address(app: Flask, client_as: As):
    room = make_room()
    waiting = browser(app)
    assert knock(app, room, "192.0.2.7", client=waiting).status_code == 303
    assert knocks(app, room, "192.0.2.7", 12)[-1] == 429
    for number in range(10):
        knocks(app, room, f"198.51.{number}.1", 1)
    assert knocks(app, room, "203.0.113.1", 1) == [429]  # guests have no seat left
    assert knock(app, room, "192.0.2.7", client=waiting).status_code == 303
    assert look(waiting, room, **SWAP).status_code == 204
    assert knock(app, room, "192.0.2.7", client=client_as("stranger")).status_code == 303
    assert entries() == 21


def test_leaving_and_asking_again_does_not_flood_the_hosts_page(app: Flask, change_settings: Callable[..., None]):
    change_settings(lobby_minute_limit=5)
    room, said = make_room(), []
    for _ in range(7):
        client = browser(app)
        said.append(knock(app, room, "192.0.2.7", client=client).status_code)
        client.post(f"/join/{room.slug}/leave")
    assert said == [303] * 5 + [429] * 2
    with time_machine.travel(utcnow().timestamp() + 61):
        assert knocks(app, room, "192.0.2.7", 1) == [303]


def test_no_address_is_stored_and_none_can_be_compared_between_rooms(app: Flask):
    first, second = make_room(name="First"), make_room(name="Second")
    knocks(app, first, "192.0.2.7", 1), knocks(app, second, "192.0.2.7", 1)
    names = db.session.scalars(sa.select(Entry.asked_from)).all()
    assert len(set(names)) == 2 and not any("192" in name and "." in name for name in names)


def test_hosts_see_how_many_were_refused_and_clear_the_line(app: Flask, client_as: As):
    room, host = make_room(member="member"), client_as("owner")
    assert "refused" not in host.get("/lobby/").text
    knocks(app, room, "192.0.2.7", 13)
    for path in ("/lobby/", f"/rooms/{room.slug}/queue"):
        assert "3 requests refused from one address" in host.get(path).text
    name = db.session.scalars(sa.select(RefusedAddress.asked_from)).one()
    url = f"/rooms/{room.slug}/queue/clear-refused"
    assert client_as("member").post(url, data={"asked_from": name}).status_code == 403
    assert client_as("stranger").post(url, data={"asked_from": name}).status_code == 404
    assert host.post(url, data={"asked_from": name}).status_code == 303
    assert "refused from" not in host.get("/lobby/").text
    assert status_count(Status.WAITING) == 10
    assert db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()[-1] == "room.clear_refused"


def test_hosts_turn_away_all_from_that_address_and_nobody_else(app: Flask, client_as: As):
    room, host = make_room(), client_as("owner")
    knocks(app, room, "192.0.2.7", 13)
    knock(app, room, "198.51.100.1", "Berta")
    name = db.session.scalars(sa.select(RefusedAddress.asked_from)).one()
    answer = host.post(
        f"/rooms/{room.slug}/queue/clear-refused", data={"asked_from": name, "deny": "yes"}, headers=SWAP
    )
    assert answer.status_code == 200 and 'id="queue"' in answer.text and "<html" not in answer.text
    assert (status_count(Status.DENIED), status_count(Status.WAITING)) == (10, 1)
    assert entry("Berta").status is Status.WAITING


def test_a_hosts_poll_hears_of_refusals_but_not_of_each(app: Flask, client_as: As):
    room = make_room()
    knocks(app, room, "192.0.2.7", 10)
    before = version(room)
    knocks(app, room, "192.0.2.7", 1)
    assert version(room) == before + 1
    knocks(app, room, "192.0.2.7", 7)
    assert version(room) == before + 4  # at the 1st, 2nd, 4th and 8th


def test_a_flood_from_many_networks_does_not_grow_without_end(app: Flask, change_settings: Callable[..., None]):
    change_settings(lobby_minute_limit=1)
    room = make_room()
    for number in range(25):
        address = f"198.51.{number}.1"
        client = browser(app)
        knock(app, room, address, client=client)
        client.post(f"/join/{room.slug}/leave")
        knocks(app, room, address, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RefusedAddress)) == 21
    with time_machine.travel(utcnow().timestamp() + 3700):
        jobs.purge()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RefusedAddress)) == 0


def test_a_form_sent_twice_before_the_first_cookie_comes_makes_one_request(app: Flask):
    room = make_room()
    page = browser(app)
    filled = form(page, room)
    first, second = browser(app), browser(app)  # neither has heard of the other's answer
    assert first.post(f"/join/{room.slug}", data=filled).status_code == 303
    assert second.post(f"/join/{room.slug}", data=filled).status_code == 303
    assert entries() == 1
    assert look(first, room).status_code == look(second, room).status_code == 200


def test_a_form_that_was_left_open_makes_a_new_request_once_the_first_is_over(app: Flask):
    room, client = make_room(), browser(app)
    filled = form(client, room)
    client.post(f"/join/{room.slug}", data=filled)
    client.post(f"/join/{room.slug}/leave")
    assert client.post(f"/join/{room.slug}", data=filled).status_code == 303
    assert entries() == 2 and entry("Lotte").status is Status.WAITING


@pytest.mark.parametrize("nonce", ["", "x", "a.b.c", "é"])
def test_a_made_up_form_gives_nobody_the_place_of_another(app: Flask, nonce: str):
    room = make_room()
    for _ in range(2):
        assert browser(app).post(f"/join/{room.slug}", data={"name": "Lotte", "nonce": nonce}).status_code == 303
    assert entries() == 2


def test_a_form_of_one_room_is_nothing_in_another(app: Flask):
    room, other = make_room(), make_room(name="Another")
    filled = form(browser(app), room)
    for each in (room, other):
        assert browser(app).post(f"/join/{each.slug}", data=filled).status_code == 303
    assert entries() == 2


def status_count(status: Status) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Entry).where(Entry.status == status)) or 0


def version(room: Room) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Room.queue_version).where(Room.id == room.id)).one()
