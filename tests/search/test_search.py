"""The search finds by right: rooms, trunks, rules, recordings, calls, pages and things to do."""

import re
from collections.abc import Callable

import pytest

from tests.plugins.queries import Counted
from tests.support.factories import make_room, make_trunk
from tests.support.personas import SWAP, Browser, persona
from tests.support.written import written
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.search import asking
from webapp.search.asking import SearchRefusal

ClientAs = Callable[[str], Browser]
URL = "/search"


def links(text: str) -> list[str]:
    """Where the hits of a list lead, in order."""
    return re.findall(r'role="option"[^>]* href="([^"]*)"', text)


def ask(client: Browser, words: str) -> list[str]:
    answer = client.get(URL, query_string={"part": "list", "q": words}, headers=SWAP)
    assert answer.status_code == 200
    return links(answer.text)


def test_an_anonymous_person_is_sent_to_sign_in(client: Browser):
    answer = client.get(f"{URL}?q=hous")
    assert answer.status_code == 302 and "/login" in answer.location


@pytest.mark.parametrize("who", ["owner", "administrator", "member", "stranger", "support", "admin"])
def test_people_find_the_rooms_that_they_may_open_and_support_finds_all_at_its_own_page(client_as: ClientAs, who: str):
    room = make_room(administrator="administrator", member="member", name="Housing committee")
    expected = {"stranger": [], "support": [f"/rooms/{room.slug}/support"]}.get(who, [f"/rooms/{room.slug}/"])
    assert [url for url in ask(client_as(who), "sing comm") if "/rooms/" in url] == expected
    assert [url for url in ask(client_as(who), room.slug) if url.startswith("/rooms/")] == expected
    page = client_as(who).get(f"{URL}?q=sing comm").text
    assert (f'href="{expected[0]}"' in page) if expected else ("No results for “sing comm”" in page)


def test_support_reads_no_address_beside_what_it_finds(client_as: ClientAs):
    make_room(name="Housing committee")
    answer = client_as("support").get(f"{URL}?q=housing").text
    assert "@frontdesk.example" not in answer and "Housing" in answer


def test_a_deleted_room_is_not_found(client_as: ClientAs):
    make_room(name="Housing committee", deleted_at=utcnow())
    assert ask(client_as("admin"), "housing") == []


def test_the_link_comes_first_then_what_begins_so_and_then_what_holds_it(client_as: ClientAs):
    for name, slug in (("Warehouse", "aaa-aaaa-aaa"), ("House rules", "bbb-bbbb-bbb"), ("Any", "house")):
        make_room(name=name, slug=slug)
    assert ask(client_as("owner"), "house") == ["/rooms/house/", "/rooms/bbb-bbbb-bbb/", "/rooms/aaa-aaaa-aaa/"]


@pytest.mark.parametrize(("who", "listed"), [("owner", "/rooms/?q=hous"), ("support", "/telephony/rooms/?q=hous")])
def test_a_group_shows_a_handful_and_leads_to_all_that_match(client_as: ClientAs, who: str, listed: str):
    for number in range(7):
        make_room(name=f"Housing {number}")
    found = ask(client_as(who), "hous")
    assert len(found) == 6 and found[-1] == listed
    assert f'href="{listed}"' in client_as(who).get(f"{URL}?q=hous").text


@pytest.mark.parametrize("who", ["owner", "stranger", "support", "admin"])
def test_ids_of_livekit_lead_to_their_pages_for_whoever_may_open_them(client_as: ClientAs, who: str):
    room = make_room(name="Housing", sip_dispatch_rule_id="SDR_one")
    make_trunk("ST_one", name="Harbour", guard_rule_id="SDR_guard")
    call = Call(sip_call_id="SCL_one", room_id=room.id)
    recording = Recording(room_id=room.id, mode=Mode.AUDIO, state=State.SAVED, egress_id="EG_one", key="one.ogg")
    db.session.add_all([call, recording])
    db.session.commit()
    staff, of_room = who in {"support", "admin"}, who in {"owner", "admin"}
    pages = {
        "SDR_one": [f"/rooms/{room.slug}/support"] * staff,
        "SDR_guard": ["/telephony/trunks/ST_one/"] * staff,
        "ST_one": ["/telephony/trunks/ST_one/"] * staff,
        "harb": ["/telephony/trunks/ST_one/"] * staff,
        "SCL_one": [f"/telephony/calls/{call.id}/"] * staff,
        "EG_one": [f"/recordings/{recording.id}/"] * of_room,
    }
    client = client_as(who)
    assert {words: ask(client, words) for words in pages} == pages


@pytest.mark.parametrize("who", ["owner", "support", "admin"])
def test_pages_and_things_to_do_are_offered_before_anything_is_typed_and_open(client_as: ClientAs, who: str):
    client = client_as(who)
    offered = ask(client, "")
    assert "/rooms/new" in offered and ("/telephony/trunks/new" in offered) == (who == "admin")
    assert ask(client, "create a room") == ["/rooms/new"]
    assert [url for url in offered if client.get(url).status_code != 200] == []


NUMBERS = ["12345", "123 456", "+49 30 1234567", "030/1234-567", "pin 48213", "１２３４５"]


@pytest.mark.parametrize("typed", [*NUMBERS, "owner@frontdesk.example", "someone@"])
def test_a_number_or_an_address_is_not_searched_for_and_leaves_the_address(client_as: ClientAs, typed: str):
    make_room(name=f"Room {typed}")
    admin = client_as("admin")
    said = "Numbers and PINs can't be searched." if typed in NUMBERS else "E-mail addresses can't be searched here."
    with written("debug") as lines:
        answer = admin.get(URL, query_string={"q": typed})
        assert answer.status_code == 303 and re.fullmatch(r"/search\?refused=(number|address)", answer.location)
        assert said in admin.get(answer.location).text
        swap = admin.get(URL, query_string={"part": "list", "q": typed}, headers=SWAP).text
        assert said in swap and typed not in swap and links(swap) == []
        assert typed not in str(lines())


def test_what_is_searched_for_stands_in_no_log_line(client_as: ClientAs):
    with written("debug") as lines:
        client_as("admin").get(f"{URL}?q=zqsecretzq")
        assert "zqsecretzq" not in str(lines())


@pytest.mark.parametrize("words", ["hcm-rxqt-bdw", "Budget 2026", "2026-12-01", "SCL_123456789", "room-12345", "4321"])
def test_a_link_an_id_a_year_or_a_date_is_searched_for(words: str):
    assert asking.refusal(words) is None


@pytest.mark.parametrize("words", ["a", "/", "//", "é"])
def test_too_short_a_word_asks_for_more(client_as: ClientAs, words: str):
    assert asking.refusal(words) is SearchRefusal.SHORT
    assert "Enter at least two characters." in client_as("owner").get(URL, query_string={"q": words}).text


@pytest.mark.parametrize("words", ["%%", "__", "'\"", "\\\\", "<b>x</b>", "x" * 300, "o'; --"])
def test_odd_words_find_nothing_and_break_nothing(client_as: ClientAs, words: str):
    make_room(name="Housing committee")
    answer = client_as("owner").get(URL, query_string={"q": words})
    assert answer.status_code == 200 and "No results for" in answer.text
    assert "<b>x</b>" not in answer.text and "Housing committee" not in answer.text


@pytest.mark.parametrize("who", ["owner", "support", "admin"])
def test_the_search_asks_as_often_for_many_rooms_as_for_one(client_as: ClientAs, count_queries: Counted, who: str):
    client = client_as(who)
    persona(who)
    asked = []
    for size in (1, 20):
        for number in range(size):
            room = make_room(name=f"Housing {size} {number}", sip_dispatch_rule_id=f"SDR_{size}_{number}")
            db.session.add(Recording(room_id=room.id, mode=Mode.AUDIO, state=State.SAVED, key=f"{room.slug}.ogg"))
            make_trunk(f"ST_{size}_{number}", name=f"Housing {number}")
        db.session.commit()
        client.get(f"{URL}?q=hous")
        with count_queries() as sent:
            client.get(f"{URL}?q=hous")
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_an_admin_finds_a_person_by_a_form_that_keeps_the_address_out_of_the_link(client_as: ClientAs):
    form = 'method="post" action="/people/find"'
    assert form in client_as("admin").get(URL).text
    assert form not in client_as("support").get(URL).text
