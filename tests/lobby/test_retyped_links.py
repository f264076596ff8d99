"""A link that a person retyped, or that a mail program set anew, leads to the room all the same."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.factories import make_room
from tests.support.personas import Browser, browser
from webapp.core.db import db
from webapp.rooms import slugs
from webapp.rooms.models import OldSlug, Room

As = Callable[[str], Browser]
SLUG = "hcm-rxqt-bdw"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\uff0d\ufe63"
RETYPED = [
    "HCM-RXQT-BDW",
    "Hcm-Rxqt-Bdw",
    *(SLUG.replace("-", dash) for dash in DASHES),
    *(f"{SLUG}{after}" for after in [*".,)/ >”…!;'", "/.", "\u00a0", "\u200b", "\ufeff"]),
    *(f"{before}{SLUG}" for before in ("<", "(", " ", "\u200b", "“")),
    f"<{SLUG}>",
    "hcm - rxqt - bdw",
    "hcm rxqt bdw",
    "hcm--rxqt-bdw",
    "hc\u00adm-rxqt-bdw",
    "hcm-rx\u200bqt-bdw",
    "ｈｃｍ-ｒｘｑｔ-ｂｄｗ",
    SLUG.replace("-", "%2D"),  # as codes of codes: the test client writes each percent sign as a code
    SLUG.replace("-", "%E2%80%91"),
]  # fmt: skip


@pytest.fixture
def room(app: Flask) -> Room:
    """A room with a drawn link."""
    made = make_room()
    db.session.execute(sa.update(Room).where(Room.id == made.id).values(slug=SLUG))
    db.session.commit()
    return made


@pytest.mark.parametrize("typed", RETYPED, ids=ascii)
def test_what_was_meant_is_found_and_the_browser_gets_the_clean_link(client: Browser, room: Room, typed: str):
    answer = client.get(f"/join/{quote(typed)}")
    assert (answer.status_code, answer.location) == (308, f"/join/{SLUG}")
    assert client.get(answer.location).status_code == 200


def test_what_is_posted_to_a_retyped_link_is_posted_to_the_clean_one(client: Browser, room: Room):
    answer = client.post("/join/HCM-RXQT-BDW", data={"name": "Lotte"})
    assert (answer.status_code, answer.location) == (308, f"/join/{SLUG}")
    assert client.get("/join/HCM-RXQT-BDW/wait?reload=").location == f"/join/{SLUG}/wait?reload="


def test_a_link_of_before_is_found_as_typed_too(client: Browser, room: Room):
    db.session.add(OldSlug(slug="harbour-hearing", room_id=room.id))
    db.session.commit()
    assert client.get("/join/Harbour-Hearing.").location == f"/join/{SLUG}"
    assert client.get("/join/harbour-hearing/").location == f"/join/{SLUG}"


@pytest.mark.parametrize(
    "typed", ["hcm-rxqt-bdx", "hcm", "hcm-rxqt-bdw-2", "hcmrxqtbdw", "-", "%", "\u200b", "x" * 5000]
)
def test_another_link_stays_unknown(client: Browser, room: Room, typed: str):
    answer = client.get(f"/join/{quote(typed)}")
    assert answer.status_code == 404


def test_words_behind_a_slash_are_no_part_of_a_link(client: Browser, room: Room):
    assert client.get(f"/join/{SLUG}/elsewhere").status_code == 404


def test_pages_of_a_room_are_found_as_typed_by_those_who_may_know_of_it(client_as: As, room: Room):
    answer = client_as("owner").get("/rooms/HCM\u2011RXQT-BDW/edit?endpoint=x&_method=y&slug=z")
    assert answer.status_code == 308
    assert answer.location == f"/rooms/{SLUG}/edit?endpoint=x&_method=y&slug=z"
    assert client_as("stranger").get("/rooms/HCM-RXQT-BDW/").status_code == 404


def test_a_clean_link_means_itself_and_costs_no_second_look(app: Flask, room: Room):
    assert slugs.as_meant(SLUG) == []
    assert browser(app).get(f"/join/{SLUG}").status_code == 200
