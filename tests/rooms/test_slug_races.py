"""A link is one room's, now or before, whoever takes it at the same moment: on real connections."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.factories import make_room
from tests.support.personas import Browser, persona
from tests.support.waiting import PATIENCE
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms import service
from webapp.rooms.models import AccessLevel, OldSlug, Room

As = Callable[[str], Browser]


def rename(room: Room, slug: str) -> None:
    service.edit(room, actor=Actor.system(), name=room.name, slug=slug, access_level=room.access_level)


def edited(slug: str) -> dict[str, str]:
    return {"name": "Renamed", "slug": slug, "access_level": AccessLevel.RESTRICTED.value}


@contextmanager
def meanwhile(browser: Browser, where: str, form: dict[str, str]) -> Iterator[list[TestResponse]]:
    """Somebody presses this while the block's transaction is open; the answer is there after its commit."""
    answers: list[TestResponse] = []
    thread = threading.Thread(target=lambda: answers.append(browser.post(where, data=form)))
    thread.start()
    thread.join(0.5)
    assert not answers, "the second waits for the first"
    yield answers
    db.session.commit()
    thread.join(PATIENCE)


def links() -> list[str]:
    """Every link that a room has or had."""
    db.session.rollback()
    found = sa.union_all(sa.select(Room.slug), sa.select(OldSlug.slug)).subquery()
    return sorted(db.session.scalars(sa.select(found.c.slug)))


def test_a_room_made_under_a_link_that_is_being_left_is_refused(app: Flask, client_as: As):
    room, other = make_room(slug="aaa"), client_as("stranger")
    db.session.commit()
    rename(room, "bbb")
    with meanwhile(other, "/rooms/new", {**edited("aaa"), "phone_enabled": "y"}) as answers:
        pass
    assert [answer.status_code for answer in answers] == [422]
    assert links() == ["aaa", "bbb"]


def test_a_room_renamed_to_a_link_that_is_being_taken_is_refused(app: Flask, client_as: As):
    make_room(slug="aaa")
    owner, stranger = client_as("owner"), persona("stranger")
    db.session.commit()
    service.create(stranger, actor=Actor.user(stranger), name="New", slug="bbb")
    with meanwhile(owner, "/rooms/aaa/edit", edited("bbb")) as answers:
        pass
    assert [answer.status_code for answer in answers] == [422]
    assert links() == ["aaa", "bbb"]


def test_a_room_renamed_to_a_link_that_another_is_leaving_is_refused(app: Flask, client_as: As):
    first, owner = make_room(slug="aaa"), client_as("owner")
    make_room(slug="bbb")
    rename(first, "ccc")
    with meanwhile(owner, "/rooms/bbb/edit", edited("aaa")) as answers:
        pass
    assert [answer.status_code for answer in answers] == [422]
    assert links() == ["aaa", "bbb", "ccc"]


@pytest.mark.parametrize("_round", range(5))
def test_whoever_is_first_no_link_is_two_rooms_and_nobody_gets_an_error(app: Flask, client_as: As, _round: int):
    make_room(slug="aaa")
    make_room(slug="bbb")
    presses = [
        (client_as("owner"), "/rooms/aaa/edit", edited("ccc")),
        (client_as("owner"), "/rooms/bbb/edit", edited("aaa")),
        (client_as("stranger"), "/rooms/new", edited("aaa")),
        (client_as("stranger"), "/rooms/new", edited("ccc")),
    ]
    together, codes = threading.Barrier(len(presses)), []

    def press(browser: Browser, where: str, form: dict[str, str]) -> None:
        together.wait(PATIENCE)
        codes.append(browser.post(where, data=form).status_code)

    threads = [threading.Thread(target=press, args=each) for each in presses]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(codes) == 4 and set(codes) <= {303, 422}
    assert len(links()) == len(set(links()))


def test_a_drawn_link_is_never_one_that_a_room_had(app: Flask, monkeypatch: pytest.MonkeyPatch):
    room = make_room(slug="aaa")
    rename(room, "bbb")
    db.session.commit()
    drawn = iter(["aaa", "bbb", "ccc"])
    monkeypatch.setattr("webapp.rooms.slugs.draw", lambda: next(drawn))
    assert make_room().slug == "ccc"
