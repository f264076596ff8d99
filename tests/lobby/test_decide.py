"""Hosts admit and deny: each guest once, whoever is first."""

import re
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.doors import age, entry, guest, look, status, version
from tests.support.factories import make_room
from tests.support.personas import SWAP, Browser, browser, persona
from tests.support.waiting import PATIENCE
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.lobby import denials, queries, service
from webapp.lobby.models import Status
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]
MAKING = ("room.create", "access.grant")


def trail() -> list[AuditEntry]:
    """What is in the trail since the rooms were made."""
    db.session.rollback()
    since = sa.select(AuditEntry).where(AuditEntry.action.not_in(MAKING))
    return list(db.session.scalars(since.order_by(AuditEntry.id)))


def decided() -> list[tuple[str, object]]:
    return [(row.action, row.user_id) for row in trail()]


def last_shown() -> str:
    return str(db.session.scalar(sa.text("SELECT id FROM lobby_entries ORDER BY id DESC LIMIT 1")))


@pytest.mark.parametrize("who", ["owner", "administrator", "admin"])
@pytest.mark.parametrize(("verb", "ends"), [("admit", Status.ACCEPTED), ("deny", Status.DENIED)])
def test_a_host_decides_and_the_trail_knows_who(
    app: Flask, client_as: As, who: str, verb: str, ends: Status, room: Room
):
    guest(app, room)
    answer = client_as(who).post(f"/lobby/{entry().id}/{verb}")
    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/lobby/")
    assert status() is ends
    assert entry().decided_by_id == persona(who).id
    assert decided() == [(f"entry.{verb}", persona(who).id)]


def test_the_trail_holds_no_name_of_a_guest(app: Flask, client_as: As, room: Room):
    guest(app, room)
    client_as("owner").post(f"/lobby/{entry().id}/admit")
    (told,) = trail()
    assert (told.room_id, told.target_id) == (room.id, str(entry().id))
    assert "Lotte" not in str(told.details) + told.reason


@pytest.mark.parametrize("verb", ["admit", "deny"])
@pytest.mark.parametrize(("who", "code"), [("member", 403), ("stranger", 404), ("support", 404)])
def test_only_hosts_decide(app: Flask, client_as: As, who: str, code: int, verb: str, room: Room):
    guest(app, room)
    assert client_as(who).post(f"/lobby/{entry().id}/{verb}").status_code == code
    assert status() is Status.WAITING
    assert decided() == []


def test_people_who_are_signed_out_are_sent_to_sign_in(app: Flask, client: Browser, room: Room):
    guest(app, room)
    assert "/login" in client.post(f"/lobby/{entry().id}/admit").location
    assert status() is Status.WAITING


def test_the_second_host_hears_who_decided_and_when(app: Flask, client_as: As, room: Room):
    guest(app, room)
    page, url = client_as("administrator"), f"/lobby/{entry().id}"
    client_as("owner").post(f"{url}/admit")
    age(decided=4)
    for headers in ({}, SWAP):
        answer = page.post(f"{url}/deny", headers=headers)
        assert answer.status_code == 409
        assert re.search(r"Owner Person admitted Lotte Brandvold \d+ seconds before you", answer.text)
    assert status() is Status.ACCEPTED
    assert decided() == [("entry.admit", persona("owner").id)]


def test_of_two_hosts_at_once_one_decides(app: Flask, room: Room):
    guest(app, room)
    entry_id, hosts = entry().id, [persona("owner"), persona("administrator")]
    together, said = threading.Barrier(2), []

    def decide(number: int) -> None:
        with app.app_context():
            client = browsers[number]
            together.wait(PATIENCE)
            verb = ("admit", "deny")[number]
            said.append(client.post(f"/lobby/{entry_id}/{verb}").status_code)

    browsers = [browser(app, host) for host in hosts]
    for _round in range(5):
        db.session.execute(sa.text("UPDATE lobby_entries SET status = 'waiting', decided_at = NULL"))
        db.session.commit()
        said.clear()
        threads = [threading.Thread(target=decide, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert sorted(said) == [303, 409]
    assert len(decided()) == 5


@pytest.mark.parametrize(("verb", "ends"), [("admit-all", Status.ACCEPTED), ("deny-all", Status.DENIED)])
def test_all_of_a_room_means_those_who_were_on_the_page(app: Flask, client_as: As, verb: str, ends: Status):
    room, other = make_room(name="Here"), make_room(name="There")
    for name in ("One", "Two"):
        guest(app, room, name)
    seen = entry("Two").id
    guest(app, other, "Elsewhere")
    guest(app, room, "Late")
    answer = client_as("owner").post(f"/rooms/{room.slug}/queue/{verb}", data={"last": str(seen)})
    assert answer.status_code == 303
    assert [status(name) for name in ("One", "Two")] == [ends, ends]
    assert [status(name) for name in ("Elsewhere", "Late")] == [Status.WAITING, Status.WAITING]
    assert decided() == [(f"room.{verb.replace('-', '_')}", persona("owner").id)]
    assert [told.details for told in trail()] == [{"count": 2}]


@pytest.mark.parametrize("verb", ["admit-all", "deny-all"])
@pytest.mark.parametrize(("who", "code"), [("member", 403), ("stranger", 404), ("support", 404)])
def test_only_hosts_decide_about_all(app: Flask, client_as: As, who: str, code: int, verb: str, room: Room):
    guest(app, room)
    answer = client_as(who).post(f"/rooms/{room.slug}/queue/{verb}", data={"last": str(entry().id)})
    assert answer.status_code == code
    assert status() is Status.WAITING


def test_a_page_that_does_not_say_whom_it_showed_decides_nothing(app: Flask, client_as: As, room: Room):
    guest(app, room)
    assert client_as("owner").post(f"/rooms/{room.slug}/queue/admit-all").status_code == 400
    assert status() is Status.WAITING


def test_everybody_everywhere_goes_in_after_being_asked_once(app: Flask, client_as: As):
    here, there, foreign = make_room(name="Here"), make_room(name="There"), make_room("stranger", name="Foreign")
    guest(app, here, "One"), guest(app, there, "Two"), guest(app, foreign, "Three")
    host = client_as("owner")
    page = host.get("/lobby/admit-all").text
    assert "2 people will join at once" in page and "Three" not in page
    assert status("One") is Status.WAITING
    answer = host.post("/lobby/admit-all", data={"last": str(entry("Three").id)})
    assert answer.status_code == 303
    assert [status(name) for name in ("One", "Two", "Three")] == [Status.ACCEPTED, Status.ACCEPTED, Status.WAITING]


def test_a_filter_decides_only_about_those_it_shows(app: Flask, client_as: As, room: Room):
    guest(app, room, "One")
    data = {"last": str(entry("One").id), "kind": "phone"}
    client_as("owner").post(f"/rooms/{room.slug}/queue/admit-all", data=data)
    assert status("One") is Status.WAITING


def test_every_change_moves_the_rooms_version_and_no_other(app: Flask, client_as: As):
    room, other = make_room(name="Here"), make_room(name="There")
    client = guest(app, room)
    seen = [version(room)]
    host, url = client_as("owner"), f"/lobby/{entry().id}"
    for change in (f"{url}/deny", f"/lobby/undo/{denials.token(entry().id)}", f"{url}/admit"):
        host.post(change)
        seen.append(version(room))
    assert seen == sorted(set(seen))
    look(client, room)
    assert version(room) == seen[-1]
    assert version(other) == 0


def test_a_role_taken_away_ends_hosting_at_once(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("administrator")
    change = sa.update(Access).where(Access.user_id == persona("administrator").id).values(role=Role.MEMBER)
    db.session.execute(change)
    db.session.commit()
    assert host.post(f"/lobby/{entry().id}/admit").status_code == 403


def test_a_service_called_twice_says_so(app: Flask, room: Room):
    guest(app, room)
    owner = persona("owner")
    found = queries.of_host(entry().id, owner)
    assert found is not None
    service.admit(found, actor=Actor.user(owner))
    with pytest.raises(service.AlreadyDecided):
        service.deny(found, actor=Actor.user(owner))
