"""Find a room: one list, by key, in every order, for whoever may see what."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.doors import guest
from tests.support.factories import make_room
from tests.support.personas import PERSONAS, SWAP, Browser, persona
from webapp.core.db import db, utcnow
from webapp.rooms import policy, queries
from webapp.rooms.listing import RoomFilters
from webapp.rooms.models import AccessLevel, Room

As = Callable[[str], Browser]
ORDERS = {
    "used": (Room.last_used_at.desc(), Room.id.desc()),
    "-used": (Room.last_used_at, Room.id),
    "name": (Room.name, Room.id),
    "-name": (Room.name.desc(), Room.id.desc()),
    "created": (Room.id.desc(),),
    "-created": (Room.id,),
}


def shown(text: str) -> list[str]:
    """The links on a page of the list, in its order."""
    return re.findall(r'<small id="link-\d+"[^>]*>([^<]+)</small>', text)


def led(text: str, rel: str) -> str | None:
    """Where "newer" (prev) or "older" (next) leads."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else None


def walk(browser: Browser, url: str, rel: str) -> list[list[str]]:
    """The pages from here on, in one direction."""
    pages = []
    step: str | None = url
    while step:
        text = browser.get(step).text
        pages.append(shown(text))
        step = led(text, rel)
        assert len(pages) < 20, "the pages do not end"
    return pages


def last_url(browser: Browser, url: str) -> str:
    """The address of the last page."""
    while (step := led(browser.get(url).text, "next")) is not None:
        url = step
    return url


@pytest.fixture
def many(app) -> list[Room]:
    """45 rooms, many of one name and of one last use."""
    rooms = [make_room(name=f"Committee {number % 7}") for number in range(45)]
    now = utcnow()
    for number, room in enumerate(rooms):
        room.last_used_at = now.replace(microsecond=number % 4)
    db.session.commit()
    return rooms


@pytest.mark.parametrize("sort", ORDERS)
def test_every_room_stands_once_on_the_pages_of_every_order_and_both_ways(client_as: As, many, sort: str):
    owner, url = client_as("owner"), f"/rooms/?sort={sort}"
    pages = walk(owner, url, "next")
    expected = list(db.session.scalars(sa.select(Room.slug).order_by(*ORDERS[sort])))
    assert [slug for page in pages for slug in page] == expected
    assert [len(page) for page in pages] == [20, 20, 5]
    assert walk(owner, last_url(owner, url), "prev") == [pages[2], pages[1], pages[0]]


@pytest.mark.parametrize("sort", ORDERS)
def test_rooms_made_while_somebody_reads_on_double_nothing_and_hide_nothing(client_as: As, many, sort: str):
    owner = client_as("owner")
    first = owner.get(f"/rooms/?sort={sort}").text
    for name in ("Aaa", "Committee 3", "Zzz"):
        make_room(name=name)
    rest = [slug for page in walk(owner, led(first, "next"), "next") for slug in page]
    seen = [slug for slug in shown(first) + rest if slug in {room.slug for room in many}]
    assert len(seen) == len(set(seen)) == 45


def test_a_room_that_ends_while_somebody_reads_on_loses_nobody_the_place(client_as: As, many):
    owner = client_as("owner")
    first = owner.get("/rooms/?sort=name").text
    ended = shown(first)[-1]
    owner.post(f"/rooms/{ended}/delete")
    rest = [slug for page in walk(owner, led(first, "next"), "next") for slug in page]
    assert len(set(shown(first) + rest)) == 45 and ended not in rest


@pytest.mark.parametrize(
    "query", ["older=x", "newer=zz-zz", "sort=size", "older=" + "9" * 40 + "-" + "0" * 32, "owner=1"]
)
def test_words_that_are_none_of_ours_ask_for_nothing(client_as: As, room: Room, query: str):
    assert shown(client_as("owner").get(f"/rooms/?{query}").text) == [room.slug]


def test_the_head_of_the_sorted_column_turns_the_order_round(client_as: As, room: Room):
    owner = client_as("owner")
    assert 'aria-sort="descending"' in owner.get("/rooms/").text
    assert 'aria-sort="ascending"' in owner.get("/rooms/?sort=-used").text
    assert 'aria-sort="ascending"' in owner.get("/rooms/?sort=name").text
    assert 'href="/rooms/?sort=-name"' in owner.get("/rooms/?sort=name").text


def test_filters_show_mine_and_shared_and_live_rooms(client_as: As, room: Room):
    shared = make_room("owner", member="administrator", name="Shared")
    live = make_room("administrator", name="Live")
    live.live_since = utcnow()
    db.session.commit()
    browser = client_as("administrator")
    assert set(shown(browser.get("/rooms/").text)) == {room.slug, shared.slug, live.slug}
    assert shown(browser.get("/rooms/?show=mine").text) == [live.slug]
    assert set(shown(browser.get("/rooms/?show=shared").text)) == {room.slug, shared.slug}
    assert shown(browser.get("/rooms/?show=live").text) == [live.slug]


def test_a_level_filters_and_keeps_the_other_wishes(client_as: As, room: Room):
    public = make_room(name="Open house", access_level=AccessLevel.PUBLIC)
    answer = client_as("owner").get("/rooms/?level=public&q=house&sort=name")
    assert shown(answer.text) == [public.slug]
    assert "level=trusted" in answer.text and "q=house" in answer.text


@pytest.mark.parametrize("words", ["using comm", "HOUSING", "http://x.example/join/{slug}", "{slug}/", "{start}"])
def test_a_search_finds_part_of_a_name_and_the_link_however_it_was_pasted(client_as: As, room: Room, words: str):
    make_room(name="Rowing club")
    query = {"q": words.format(slug=room.slug, start=room.slug[:6])}
    assert shown(client_as("owner").get("/rooms/", query_string=query).text) == [room.slug]


@pytest.mark.parametrize("words", ["%", "_", "\\", "50%"])
def test_signs_of_the_database_are_searched_for_as_they_are(client_as: As, room: Room, words: str):
    match = make_room(name="50% _ \\ off")
    assert shown(client_as("owner").get("/rooms/", query_string={"q": words}).text) == [match.slug]


def test_what_fits_nothing_says_so_and_leads_back(client_as: As, room: Room):
    text = client_as("owner").get("/rooms/?q=nothing").text
    assert "No matching rooms" in text and "Show all" in text


def test_somebody_without_a_room_reads_what_rooms_are_for_and_makes_the_first(client_as: As, room: Room):
    text = client_as("stranger").get("/rooms/").text
    assert "No rooms yet" in text and 'href="/rooms/new"' in text


@pytest.mark.parametrize("who", PERSONAS)
def test_the_list_shows_exactly_the_rooms_that_the_policy_shows(client_as: As, app, who: str):
    rooms = [
        make_room(owner, administrator=other)
        for owner, other in (("owner", ""), ("admin", ""), ("member", who))
        if owner != other
    ]
    user = persona(who)
    listed = set(shown(client_as(who).get("/rooms/").text))
    visible = {room.slug for room in db.session.scalars(queries.visible_to(user))}
    allowed = {room.slug for room in rooms if policy.view(user, queries.by_slug(room.slug, user))}
    assert listed == visible == allowed
    db.session.commit()


def test_an_admin_finds_rooms_by_an_owners_address_which_stays_out_of_the_link(client_as: As, room: Room):
    make_room("stranger")
    admin = client_as("admin")
    answer = admin.post("/rooms/find-owner", data={"email": "  Owner@Frontdesk.Example "})
    assert answer.status_code == 303 and "frontdesk" not in answer.location and "@" not in answer.location
    assert shown(admin.get(answer.location).text) == [room.slug]


def test_a_part_of_an_address_finds_nobody(client_as: As, room: Room):
    admin = client_as("admin")
    answer = admin.post("/rooms/find-owner", data={"email": "owner"}, follow_redirects=True)
    assert "No one has this address" in answer.text


def test_only_admins_look_for_rooms_by_owner(client_as: As, room: Room):
    assert client_as("owner").post("/rooms/find-owner", data={"email": "x@y.example"}).status_code == 403
    theirs = make_room("stranger")
    mine = client_as("owner").get(f"/rooms/?owner={persona('stranger').id}").text
    assert theirs.slug not in mine and shown(mine) == [room.slug]


def test_hosts_see_how_many_wait_and_members_do_not(app, client_as: As, room: Room):
    guest(app, room)
    guest(app, room, "Noor van Eyck")
    assert "2 waiting" in client_as("owner").get("/rooms/").text
    assert "2 waiting" in client_as("admin").get("/rooms/").text
    assert "2 waiting" not in client_as("member").get("/rooms/").text


def test_a_swap_gets_the_list_alone(client_as: As, room: Room):
    text = client_as("owner").get("/rooms/", headers=SWAP).text
    assert text.lstrip().startswith('<section id="rooms"') and "<html" not in text


def test_the_list_asks_the_database_as_often_for_twenty_rooms_as_for_two(app, client_as: As, count_queries):
    def fill(count: int) -> None:
        for _ in range(count):
            made = make_room("owner", member="member")
            made.live_since = utcnow()
            guest(app, made)

    owner = client_as("owner")
    fill(2)
    with count_queries() as few:
        owner.get("/rooms/")
    fill(18)
    with count_queries() as many:
        assert len(shown(owner.get("/rooms/").text)) == 20
    assert len(few) == len(many) <= 5, many


def test_what_was_asked_for_is_read_back_from_its_own_query():
    for text in ({"q": "x", "show": "live", "level": "public", "sort": "-name"}, {}, {"sort": "-used"}):
        assert RoomFilters.of(text).query() == text
