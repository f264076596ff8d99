"""The short way of polls with nothing new: one statement, and never an answer that the ordinary way would not give."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import counted
from tests.support.doors import age, entry, guest, look, set_level
from tests.support.personas import SWAP, Browser
from webapp.accounts.models import User, UserSession
from webapp.core.db import db, utcnow
from webapp.lobby import queues
from webapp.rooms.models import Access, AccessLevel, Room

As = Callable[[str], Browser]


def poll(client: Browser, room: Room, number: str | None = None) -> int:
    db.session.refresh(room)
    said = number or queues.version_of_room(room)
    db.session.commit()
    return client.get(f"/rooms/{room.slug}/queue", query_string={"v": f"{said}~"}, headers=SWAP).status_code


def test_a_guest_who_waits_on_costs_one_statement(app: Flask, room: Room):
    browser, url = guest(app, room), f"/join/{room.slug}/wait"
    with counted() as said:
        assert browser.get(url, headers=SWAP).status_code == 204
    assert len([statement for statement in said if statement.startswith("SELECT")]) == 1


def test_a_guest_s_poll_that_has_something_to_write_goes_the_ordinary_way(app: Flask, room: Room):
    browser = guest(app, room)
    age(polled=20)
    assert look(browser, room, **SWAP).status_code == 204
    assert (utcnow() - entry().polled_at).total_seconds() < 15


def test_opening_the_room_lets_a_polling_guest_in(app: Flask, room: Room):
    browser = guest(app, room)
    set_level(room, AccessLevel.PUBLIC)
    assert "HX-Redirect" in look(browser, room, **SWAP).headers


@pytest.mark.parametrize(
    ("who", "code"), [("owner", 204), ("administrator", 204), ("admin", 204), ("member", 403), ("stranger", 404)]
)
def test_nobody_gets_by_the_short_way_what_the_policy_refuses(
    app: Flask, client_as: As, who: str, code: int, room: Room
):
    guest(app, room)
    assert poll(client_as(who), room) == code
    assert poll(client_as(who), room, "other") == (200 if code == 204 else code)


def test_a_host_s_poll_without_news_costs_one_statement(client_as: As, room: Room):
    host, url = client_as("owner"), f"/rooms/{room.slug}/queue?v=0-0~"
    db.session.commit()
    with counted() as said:
        assert host.get(url, headers=SWAP).status_code == 204
    assert len([statement for statement in said if statement.startswith("SELECT")]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (sa.update(UserSession).values(expires_at=utcnow()), 204),  # sent to sign in by a header
        (sa.delete(UserSession), 204),
        (sa.update(User).values(disabled_at=utcnow()), 204),
        (sa.update(Access).values(revoked_at=utcnow()), 404),
    ],
)
def test_who_is_no_host_any_more_is_refused_at_the_next_poll(client_as: As, change: sa.Update, code: int, room: Room):
    host = client_as("owner")
    assert poll(host, room) == 204
    db.session.execute(change)
    db.session.commit()
    answer = host.get(f"/rooms/{room.slug}/queue?v=0-0~", headers=SWAP)
    assert answer.status_code == code
    assert ("/login" in answer.headers.get("HX-Redirect", "")) is (code == 204)
