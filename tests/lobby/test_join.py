"""A guest asks, waits, and goes in or hears a polite no."""

import base64
import json
import re
import threading
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.doors import age, ask, entries, entry, guest, look, set_level, status
from tests.support.factories import make_room
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser, browser, make_user, persona
from tests.support.waiting import PATIENCE
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.lobby import bearers
from webapp.lobby.models import Status
from webapp.rooms.models import AccessLevel, OldSlug, Room

As = Callable[[str], Browser]


def claims(location: str) -> dict[str, Any]:
    """What the token in a meeting address says."""
    token = urlsplit(location).fragment.removeprefix("token=")
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def bearer_cookie(client: Browser, room: Room) -> str:
    cookie = client.get_cookie(f"guest-{bearers.hashed(str(room.id))[:16]}")
    assert cookie is not None
    return cookie.value


def test_a_guest_asks_and_sees_the_room_the_own_name_and_the_time_waited(client: Browser, room: Room):
    page = client.get(f"/join/{room.slug}")
    assert page.status_code == 200
    assert room.name in page.text
    answer = ask(client, room)
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == f"/join/{room.slug}/wait"
    age(asked=161)
    waiting = look(client, room)
    assert "Lotte Brandvold" in waiting.text
    assert "2:41" in waiting.text
    assert status() is Status.WAITING


def test_asking_is_announced_as_due_work_without_anything_personal(client: Browser, room: Room):
    ask(client, room)
    work = db.session.scalars(sa.select(DueWork)).one()
    assert (work.kind, work.payload) == ("lobby.announce", {"room_id": str(room.id)})


def test_the_secret_the_public_id_and_the_identity_inside_are_three_values(app: Flask, room: Room):
    client = guest(app, room)
    bearer = bearer_cookie(client, room)
    stored = entry()
    known = {str(stored.id), stored.identity, stored.bearer_hash}
    assert len(known) == 3
    assert not any(value in bearer for value in known)
    page = look(client, room).text
    assert not any(value in page for value in (*known, bearer, str(room.id)))


def test_the_cookie_is_for_the_server_alone(client: Browser, room: Room):
    cookies = ask(client, room).headers.getlist("Set-Cookie")
    morsel = next(
        morsel for text in cookies for name, morsel in SimpleCookie(text).items() if name.startswith("guest-")
    )
    assert morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/"


@pytest.mark.parametrize(
    "name", ["", "   ", "\u200b", "x" * 501, "Lotte\nBrandvold", "Lotte\x07", "Lotte \u202ednavdnarB"]
)
def test_a_name_that_says_nothing_or_deceives_is_refused_and_kept_in_the_field(client: Browser, name: str, room: Room):
    answer = ask(client, room, name)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert entries() == 0


def test_a_name_is_text_and_never_markup(app: Flask, client_as: As, room: Room):
    client = guest(app, room, "<b>Lotte</b>")
    assert "&lt;b&gt;Lotte" in look(client, room).text
    assert "<b>Lotte" not in client_as("owner").get("/lobby/").text


def test_asking_again_keeps_the_place(app: Flask, room: Room):
    client = guest(app, room)
    assert ask(client, room, "Somebody Else").status_code == 303
    assert client.get(f"/join/{room.slug}").status_code == 303
    assert entries() == 1


def test_a_forged_cookie_is_nobody(app: Flask, room: Room):
    guest(app, room)
    forger = browser(app)
    name = f"guest-{bearers.hashed(str(room.id))[:16]}"
    for value in (entry().bearer_hash, entry().identity, str(entry().id), "null", "eyJ.x.y"):
        forger.set_cookie(name, value)
        answer = look(forger, room)
        assert (answer.status_code, urlsplit(answer.location).path) == (303, f"/join/{room.slug}")


def test_a_cookie_of_one_room_opens_no_other(app: Flask, client_as: As):
    here, there = make_room(name="Here"), make_room(name="There")
    client = guest(app, here)
    client_as("owner").post(f"/lobby/{entry().id}/admit")
    client.set_cookie(f"guest-{bearers.hashed(str(there.id))[:16]}", bearer_cookie(client, here))
    assert urlsplit(look(client, there).location).path == f"/join/{there.slug}"
    assert urlsplit(look(client, here).location).fragment


def test_an_admitted_guest_goes_to_the_meeting_with_guest_rights_alone(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    client_as("owner").post(f"/lobby/{entry().id}/admit")
    answer = look(client, room)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/meet/{room.slug}#token=")
    assert "token" not in urlsplit(answer.location).query
    told = claims(answer.location)
    assert (told["sub"], told["name"], told["video"]["room"]) == (entry().identity, "Lotte Brandvold", str(room.id))
    rights = {key for key, value in told["video"].items() if value is True}
    assert rights <= {"roomJoin", "canPublish", "canSubscribe", "canPublishData"}


@pytest.mark.parametrize(
    ("meeting_url", "pattern"),
    [
        ("https://meet.example.org/{room}", r"https://meet\.example\.org/SLUG#token=JWT"),
        ("https://meet.example.org/{room}#t={token}", r"https://meet\.example\.org/SLUG#t=JWT"),
        (
            "https://meet.example.org/custom?room={room}&liveKitUrl={livekit_url}&token={token}",
            r"https://meet\.example\.org/custom\?room=SLUG&liveKitUrl=ws%3A%2F%2F127\.0\.0\.1%3A\d+&token=JWT",
        ),
        (
            "https://meet.example.org/{room}?liveKitUrl={livekit_url}",
            r"https://meet\.example\.org/SLUG\?liveKitUrl=ws%3A%2F%2F127\.0\.0\.1%3A\d+#token=JWT",
        ),
    ],
)
def test_the_meeting_page_gets_room_token_and_livekits_address_where_it_reads_them(
    client: Browser, change_settings: Callable[..., None], meeting_url: str, pattern: str
):
    change_settings(meeting_url=meeting_url)
    room = make_room(access_level=AccessLevel.PUBLIC)
    location = ask(client, room).location
    expected = pattern.replace("SLUG", room.slug).replace("JWT", r"[\w-]+\.[\w-]+\.[\w-]+")
    assert re.fullmatch(expected, location), location


def test_a_poll_by_script_is_told_where_to_go(app: Flask, client_as: As):
    room = make_room()
    client = guest(app, room)
    assert look(client, room, **SWAP).status_code == 204
    client_as("owner").post(f"/lobby/{entry().id}/admit")
    answer = look(client, room, **SWAP)
    assert answer.status_code == 204
    assert "#token=" in answer.headers["HX-Redirect"]


def test_without_scripts_the_page_looks_again_by_itself(client: Browser, room: Room):
    waiting = client.get(ask(client, room).location)
    assert waiting.headers["Refresh"] == "5"
    assert '<noscript><meta http-equiv="refresh"' in look(client, room).text


def test_a_denial_is_heard_when_it_can_no_longer_be_undone(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    client_as("owner").post(f"/lobby/{entry().id}/deny")
    assert look(client, room, **SWAP).status_code == 204
    age(decided=11)
    answer = look(client, room, **SWAP)
    assert answer.status_code == 200
    assert "The host didn't let you in" in answer.text
    assert "Refresh" not in answer.headers


def test_a_denied_guest_may_ask_again_and_is_seen(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    client_as("owner").post(f"/lobby/{entry().id}/deny")
    age(decided=11)
    assert ask(client, room).status_code == 303
    assert (status(), entries()) == (Status.WAITING, 2)
    assert look(client, room, **SWAP).status_code == 204


def test_a_guest_leaves(app: Flask, room: Room):
    client = guest(app, room)
    answer = client.post(f"/join/{room.slug}/leave")
    assert answer.status_code == 303
    assert status() is Status.LEFT
    assert client.get_cookie(f"guest-{bearers.hashed(str(room.id))[:16]}") is None


@pytest.mark.parametrize("level", [AccessLevel.PUBLIC, AccessLevel.TRUSTED])
def test_opening_a_room_frees_those_who_wait(app: Flask, level: AccessLevel, room: Room):
    visitor = browser(app, persona("stranger"))
    ask(visitor, room)
    assert look(visitor, room, **SWAP).status_code == 204
    set_level(room, level)
    assert "#token=" in look(visitor, room).location
    assert status("Stranger Person") is Status.ACCEPTED


def test_a_trusted_room_lets_nobody_in_who_is_not_signed_in(app: Flask, room: Room):
    client = guest(app, room)
    set_level(room, AccessLevel.TRUSTED)
    assert look(client, room, **SWAP).status_code == 204
    assert status() is Status.WAITING


def test_a_public_room_lets_anybody_in_who_gives_a_name(client: Browser):
    room = make_room(access_level=AccessLevel.PUBLIC)
    assert client.get(f"/join/{room.slug}").status_code == 200
    answer = ask(client, room)
    assert claims(answer.location)["name"] == "Lotte Brandvold"
    assert claims(answer.location)["sub"] == entry().identity


@pytest.mark.parametrize(
    ("meeting_url", "targets"),
    [("", "'self'"), ("https://meet.example.org/{room}", "'self' https://meet.example.org")],
)
def test_the_page_of_the_form_may_lead_to_the_meeting(
    client: Browser, change_settings: Callable[..., None], meeting_url: str, targets: str
):
    change_settings(meeting_url=meeting_url)
    room = make_room(access_level=AccessLevel.PUBLIC)
    policy = client.get(f"/join/{room.slug}").headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action {targets}")


@pytest.mark.parametrize(("who", "own_metadata"), [("owner", True), ("member", True)])
def test_people_with_a_role_go_straight_in_with_their_rights(client_as: As, who: str, own_metadata: bool, room: Room):
    told = claims(client_as(who).get(f"/join/{room.slug}").location)
    assert told["sub"] == str(persona(who).id)
    assert told["video"].get("canUpdateOwnMetadata", False) is own_metadata
    assert entries() == 0


def test_a_stranger_goes_straight_into_a_trusted_room_as_a_guest(client_as: As):
    room = make_room(access_level=AccessLevel.TRUSTED)
    told = claims(client_as("stranger").get(f"/join/{room.slug}").location)
    assert told["name"] == "Stranger Person"
    assert not told["video"].get("canUpdateOwnMetadata")


def test_a_signed_in_guest_waits_under_the_name_of_the_account(client_as: As, room: Room):
    client = client_as("stranger")
    assert "Stranger Person" in client.get(f"/join/{room.slug}").text
    ask(client, room, "The Mayor")
    assert status("Stranger Person") is Status.WAITING


def test_an_address_is_never_taken_for_a_name(app: Flask, room: Room):
    user = make_user("nameless")
    user.full_name = user.short_name = ""
    db.session.commit()
    client = browser(app, user)
    page = client.get(f"/join/{room.slug}")
    assert "nameless" not in page.text and 'name="name"' in page.text
    ask(client, room, "Noor van Eyck")
    assert status("Noor van Eyck") is Status.WAITING


@pytest.mark.parametrize("path", ["", "/wait"])
def test_an_unknown_link_is_explained(client: Browser, path: str):
    answer = client.get(f"/join/no-such-room{path}")
    assert answer.status_code == 404
    assert "There is no room at this link" in answer.text


def test_an_old_link_leads_on_and_the_place_is_kept(app: Flask, room: Room):
    client = guest(app, room)
    db.session.add(OldSlug(slug=room.slug, room_id=room.id))
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(slug="new-name"))
    db.session.commit()
    answer = client.get("/join/hcm-rxqt-bdw")
    assert (answer.status_code, urlsplit(answer.location).path) == (301, "/join/new-name")
    assert client.get("/join/hcm-rxqt-bdw/wait", headers=SWAP).status_code == 301
    assert client.get("/join/new-name/wait", headers=SWAP).status_code == 204
    assert client.post("/join/hcm-rxqt-bdw", data={"name": "x"}).status_code == 308


def test_who_waits_for_a_room_that_is_deleted_hears_it(app: Flask, room: Room):
    client = guest(app, room)
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(deleted_at=utcnow()))
    db.session.commit()
    answer = look(client, room, **SWAP)
    assert answer.status_code == 404
    assert "There is no room at this link" in answer.text


def test_who_was_silent_too_long_has_lost_the_place_and_may_ask_again(app: Flask, room: Room):
    client = guest(app, room)
    age(polled=29)
    assert look(client, room, **SWAP).status_code == 204
    age(polled=41)
    answer = look(client, room, **SWAP)
    assert "You've been away too long" in answer.text
    assert status() is Status.EXPIRED
    ask(client, room)
    assert status() is Status.WAITING


def test_a_poll_is_written_every_ten_seconds_at_most(app: Flask, room: Room):
    client = guest(app, room)
    for seconds, written in ((9, False), (11, True)):
        age(polled=seconds)
        before = entry().polled_at
        look(client, room, **SWAP)
        assert (entry().polled_at > before) is written


def test_a_full_lobby_takes_nobody_more(app: Flask, change_settings: Callable[..., None]):
    change_settings(lobby_room_limit=2)
    room, other = make_room(name="Full"), make_room(name="Other")
    guest(app, room, "One"), guest(app, room, "Two")
    answer = ask(browser(app), room, "Three")
    assert answer.status_code == 429
    assert "The waiting room is full" in answer.text
    guest(app, other, "Four")
    assert entries() == 3


def test_of_many_who_ask_at_once_no_more_wait_than_may(app: Flask, change_settings: Callable[..., None]):
    change_settings(lobby_room_limit=2)
    slug = make_room().slug
    together, said = threading.Barrier(5), []

    def knock(client: Browser, name: str) -> None:
        with app.app_context():
            together.wait(PATIENCE)
            said.append(client.post(f"/join/{slug}", data={"name": name}).status_code)

    knocks = [threading.Thread(target=knock, args=(browser(app), f"Guest {number}")) for number in range(5)]
    db.session.commit()
    for thread in knocks:
        thread.start()
    for thread in knocks:
        thread.join(PATIENCE)
    assert sorted(said) == [303, 303, 429, 429, 429]
    assert entries() == 2


def test_while_livekit_is_down_hosts_admit_and_guests_get_their_token(
    app: Flask, client_as: As, livekit: LiveKit, change_settings: Callable[..., None], room: Room
):
    change_settings(livekit_url=livekit.url)
    livekit.fail(times=100)
    client = guest(app, room)
    assert client_as("owner").post(f"/lobby/{entry().id}/admit").status_code == 303
    assert claims(look(client, room).location)["sub"] == entry().identity
    livekit.heal()


def test_one_address_may_not_flood_but_who_waits_already_is_not_limited(
    app: Flask, change_settings: Callable[..., None], room: Room
):
    change_settings(join_limit="3 per minute")
    clients = [guest(app, room, name) for name in ("One", "Two", "Three")]
    assert ask(browser(app), room, "Four").status_code == 429
    assert entries() == 3
    for client in clients * 3:
        assert look(client, room, **SWAP).status_code == 204
        assert ask(client, room).status_code == 303


def test_asking_without_the_forms_token_is_refused(client: Browser, room: Room):
    client.csrf = False
    assert ask(client, room).status_code == 400
    assert entries() == 0


def test_a_guests_page_says_nothing_of_the_room_but_its_name(app: Flask, room: Room):
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(pin=None))
    page = look(guest(app, room), room).text
    assert "owner" not in page and "frontdesk.example" not in page
