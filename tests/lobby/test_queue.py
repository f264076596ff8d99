"""What hosts see: one queue for all their rooms, live, cheap, and nobody else's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import counted
from tests.support.crowds import crowd
from tests.support.doors import age, entry, guest
from tests.support.factories import make_room
from tests.support.personas import SWAP, Browser, persona
from webapp.core.db import db, utcnow
from webapp.lobby import queries, queues
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]


def version_in(page: str) -> str:
    found = re.search(r'id="queue-version" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def poll(client: Browser, version: str, path: str = "/lobby/") -> int:
    return client.get(path, query_string={"v": version}, headers=SWAP).status_code


def test_guests_of_all_my_rooms_stand_in_order_of_arrival_by_room(app: Flask, client_as: As):
    first, second = make_room(name="First room"), make_room(name="Second room")
    for room, name in ((second, "Anna"), (first, "Berta"), (second, "Clara")):
        guest(app, room, name)
    page = client_as("owner").get("/lobby/").text
    places = [page.index(f"<strong>{name}</strong>") for name in ("Anna", "Clara", "Berta")]
    assert places == sorted(places)
    assert page.index("Second room") < page.index("First room")
    assert "3 people are waiting in your rooms" in page


@pytest.mark.parametrize("who", ["member", "stranger", "support", "admin"])
def test_nobody_but_hosts_sees_who_waits(app: Flask, client_as: As, who: str, room: Room):
    guest(app, room)
    page = client_as(who).get("/lobby/")
    assert page.status_code == 200
    assert "Lotte" not in page.text
    assert "No one is waiting" in page.text


@pytest.mark.parametrize(("who", "code"), [("owner", 200), ("admin", 200), ("member", 403), ("support", 404)])
def test_one_rooms_queue_is_for_its_hosts(app: Flask, client_as: As, who: str, code: int, room: Room):
    guest(app, room)
    answer = client_as(who).get(f"/rooms/{room.slug}/queue")
    assert answer.status_code == code
    assert ("Lotte" in answer.text) is (code == 200)


@pytest.mark.parametrize("path", ["/lobby/", "/rooms/hcm-rxqt-bdw/queue"])
def test_a_poll_that_names_the_version_that_holds_renders_nothing(app: Flask, client_as: As, path: str, room: Room):
    guest(app, room)
    host = client_as("owner")
    version = version_in(host.get(path).text)
    assert poll(host, version, path) == 204
    guest(app, room, "Another")
    answer = host.get(path, query_string={"v": version}, headers=SWAP)
    assert answer.status_code == 200
    assert "Another" in answer.text and "<html" not in answer.text
    assert poll(host, version_in(answer.text), path) == 204


@pytest.mark.parametrize("version", ["", "x", "~", "1~x", "0-0-0-0~99999999999999999999"])
def test_a_poll_with_a_strange_version_gets_the_queue(app: Flask, client_as: As, version: str, room: Room):
    guest(app, room)
    assert poll(client_as("owner"), version) == 200


def test_a_role_given_or_taken_shows_at_the_next_poll(app: Flask, client_as: As):
    room = make_room("stranger")
    guest(app, room)
    host = client_as("owner")
    version = version_in(host.get("/lobby/").text)
    db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    answer = host.get("/lobby/", query_string={"v": version}, headers=SWAP)
    assert "Lotte" in answer.text
    version = version_in(answer.text)
    db.session.execute(sa.update(Access).values(revoked_at=utcnow()))
    db.session.commit()
    assert "Lotte" not in host.get("/lobby/", query_string={"v": version}, headers=SWAP).text


def test_a_decision_somebody_else_took_shows_who_for_ten_seconds(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("owner")
    client_as("administrator").post(f"/lobby/{entry().id}/admit")
    page = host.get("/lobby/").text
    assert "Admitted by Administrator Person" in page
    assert f"/lobby/{entry().id}/admit" not in page
    assert poll(host, version_in(page)) == 204
    age(decided=11)
    assert "Lotte" not in host.get("/lobby/").text


def test_time_alone_ends_what_a_version_says(app: Flask, client_as: As, room: Room):
    guest(app, room)
    owner = persona("owner")
    version = queues.of_user(owner).version
    assert version.until is not None
    assert utcnow() < version.until < utcnow() + timedelta(seconds=60)
    assert queues.Version.holds(str(version), version.number)
    past = queues.Version(version.number, utcnow() - timedelta(seconds=2))
    assert not queues.Version.holds(str(past), version.number)


def test_who_went_silent_is_not_shown_although_no_job_ran(app: Flask, client_as: As, room: Room):
    guest(app, room)
    age(polled=41)
    host = client_as("owner")
    assert "Lotte" not in host.get("/lobby/").text
    assert "people are waiting" not in host.get("/lobby/count").text


def test_filters_show_guests_by_the_way_they_came(app: Flask, client_as: As, room: Room):
    guest(app, room)
    caller = Entry(room_id=room.id, name="Caller ••21", identity="sip", kind=EntryKind.PHONE, bearer_hash="call")
    db.session.add(caller)
    db.session.commit()
    host = client_as("owner")
    shown = {kind: host.get(f"/lobby/?kind={kind}").text for kind in ("web", "phone", "fax")}
    assert {kind: ("Lotte" in page, "••21" in page) for kind, page in shown.items()} == {
        "web": (True, False),
        "phone": (False, True),
        "fax": (True, True),
    }
    assert "On hold and muted" in shown["phone"]


def test_the_sidebar_counts_those_who_wait_for_me(app: Flask, client_as: As, room: Room):
    for name in ("One", "Two"):
        guest(app, room, name)
    assert client_as("owner").get("/lobby/count").text.count("2<span") == 2  # in the sidebar and in the top bar
    assert "people are waiting" not in client_as("member").get("/lobby/count").text


def test_rooms_know_how_many_wait_for_each(app: Flask):
    room, empty = make_room(name="Here"), make_room(name="There")
    guest(app, room)
    assert queries.waiting_counts([room.id, empty.id]) == {room.id: 1}


def test_an_unchanged_poll_costs_the_same_however_many_wait_anywhere(app: Flask, client_as: As):
    mine, foreign = make_room(name="Mine"), make_room("stranger", name="Foreign", administrator="support")
    host, said = client_as("owner"), []
    for size in (2, 40):
        crowd_name = make_room(name=f"Mine {size}")
        crowd(crowd_name, size), crowd(foreign, size, Status.DENIED if size > 2 else Status.LEFT)
        version = version_in(host.get("/lobby/").text)
        with counted() as statements:
            assert poll(host, version) == 204
        said.append(len(statements))
    assert said[0] == said[1] <= 3
    assert mine.queue_version == 0


def test_a_queue_is_read_with_as_many_queries_for_two_guests_as_for_forty(app: Flask, client_as: As):
    host, said = client_as("owner"), []
    for size in (2, 40):
        crowd(make_room(name=f"Room {size}"), size)
        with counted() as statements:
            page = host.get("/lobby/", headers=SWAP).text
        said.append(len(statements))
    assert page.count("<strong>Guest") == 12  # ten of the forty
    assert said[0] == said[1] <= 7


def test_a_guests_unchanged_poll_is_one_query(app: Flask, room: Room):
    client = guest(app, room)
    crowd(room, 30)
    with counted() as statements:
        assert client.get(f"/join/{room.slug}/wait", headers=SWAP).status_code == 204
    assert len([text for text in statements if text.lstrip().upper().startswith("SELECT")]) == 1
