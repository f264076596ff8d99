"""Links: random ones carry nothing, chosen ones cannot be taken for something else."""

import re
import uuid

import pytest
from flask import Flask

from tests.support.factories import make_room, stored
from tests.support.personas import SWAP, Browser
from webapp.rooms import slugs
from webapp.rooms.models import Room

FORM = {"name": "Rowing club", "access_level": "restricted", "phone_enabled": "y"}


@pytest.fixture
def words(app: Flask):
    """The language of a request."""
    with app.test_request_context():
        yield


def test_a_random_link_has_three_four_and_three_letters(words):
    drawn = {slugs.draw() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", slug) for slug in drawn)
    assert all(slugs.problem(slug) is None for slug in drawn)


@pytest.mark.parametrize(
    "slug",
    [
        *(str(uuid.UUID(int=number)) for number in (0, 2**127)),
        uuid.UUID(int=2**127).hex,
        *("new", "api", "creation-callback"),
        *("ab", "a" * 101, "rowing_club", "-club", "club-", "row--ing", "élan"),
        *("1234567890", "06-12-34"),
    ],
)
def test_a_link_that_could_be_taken_for_something_else_is_refused(words, slug: str):
    assert slugs.problem(slug)


@pytest.mark.parametrize("slug", ["rowing-club", "abc", "room-7", "a" * 100])
def test_a_plain_word_is_fine(words, slug: str):
    assert slugs.problem(slug) is None


def test_every_word_that_is_a_page_below_rooms_is_reserved(app: Flask):
    firsts = {str(rule).split("/")[2] for rule in app.url_map.iter_rules() if str(rule).startswith("/rooms/")}
    assert {word for word in firsts if word and "<" not in word} <= slugs.RESERVED


def test_a_chosen_link_is_kept_in_small_letters(client_as):
    answer = client_as("owner").post("/rooms/new", data={**FORM, "slug": " Rowing-Club "})
    assert answer.location == "/rooms/rowing-club/invite"


@pytest.mark.parametrize("slug", ["new", str(uuid.UUID(int=5)), "x"])
def test_a_refused_link_makes_no_room_and_keeps_what_was_typed(client_as, slug: str):
    answer = client_as("owner").post("/rooms/new", data={**FORM, "slug": slug}, headers=SWAP)
    assert answer.status_code == 422
    assert 'value="Rowing club"' in answer.text and "<html" not in answer.text
    assert "No rooms yet" in client_as("owner").get("/rooms/").text


def test_a_link_that_another_room_has_is_refused(client_as, room: Room):
    answer = client_as("stranger").post("/rooms/new", data={**FORM, "slug": room.slug})
    assert answer.status_code == 422
    assert "Another room has this link" in answer.text


def test_a_link_that_another_room_had_before_is_refused(client_as, room: Room):
    old = room.slug
    client_as("owner").post(f"/rooms/{old}/edit", data={**FORM, "slug": "new-home"})
    assert client_as("stranger").post("/rooms/new", data={**FORM, "slug": old}).status_code == 422


def test_while_it_is_typed_a_link_is_said_to_be_free_or_not(client_as, room: Room):
    owner = client_as("owner")
    assert "Free" in owner.get("/rooms/new/link?slug=rowing-club").text
    assert "Another room" in owner.get(f"/rooms/new/link?slug={room.slug}").text
    assert "address of this site" in owner.get("/rooms/new/link?slug=api").text
    assert owner.get("/rooms/new/link?slug=").text.strip() == ""


def test_an_old_link_leads_members_on_and_tells_strangers_nothing(client_as, room: Room):
    old = room.slug
    client_as("owner").post(f"/rooms/{old}/edit", data={**FORM, "slug": "new-home"})
    answer = client_as("member").get(f"/rooms/{old}/")
    assert (answer.status_code, answer.location) == (301, "/rooms/new-home/")
    assert client_as("owner").get(f"/rooms/{old}/edit?x=1").location == "/rooms/new-home/edit?x=1"
    assert client_as("owner").post(f"/rooms/{old}/pin").status_code == 308
    assert client_as("stranger").get(f"/rooms/{old}/").status_code == 404


def test_a_room_may_have_its_old_link_back(client_as, room: Room):
    old = room.slug
    owner: Browser = client_as("owner")
    owner.post(f"/rooms/{old}/edit", data={**FORM, "slug": "new-home"})
    owner.post("/rooms/new-home/edit", data={**FORM, "slug": old})
    assert stored(room).slug == old
    assert owner.get(f"/rooms/{old}/").status_code == 200
    assert owner.get("/rooms/new-home/").location == f"/rooms/{old}/"


def test_two_rooms_never_end_under_one_link(client_as, room: Room):
    other = make_room("owner", slug="rowing-club")
    answer = client_as("owner").post(f"/rooms/{other.slug}/edit", data={**FORM, "slug": room.slug})
    assert answer.status_code == 422
    assert stored(other).slug == "rowing-club"
