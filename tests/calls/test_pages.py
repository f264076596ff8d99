"""The book of calls: filters with counts, pages by key, each call's own page, a file; nobody's number or name."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.plugins.queries import Counted
from tests.support import spreadsheets
from tests.support.calls_made import made
from tests.support.installation import Installation
from tests.support.personas import SWAP, Browser, persona
from webapp.calls import jobs as call_jobs
from webapp.calls.models import Call, Hold, Outcome
from webapp.calls.queries import CallFilters
from webapp.calls.verdicts import Verdict
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.rooms.models import Room

As = Callable[[str], Browser]
PATH = "/telephony/calls/"
CALLER = "0123456789abcdef"


@pytest.fixture
def room(installation: Installation) -> Room:
    """A room that phones call."""
    return installation.room(name="Housing committee", slug="hcm-rxqt-bdw")


def rows(page: str) -> int:
    return page.count('<th role="rowheader"')


def decided(hold: Hold, *, after: int = 42) -> dict[str, Any]:
    """A call that was held and then decided by the owner."""
    held = utcnow() - timedelta(minutes=4)
    return {
        "hold": hold,
        "held_at": held,
        "decided_at": held + timedelta(seconds=after),
        "decided_by_id": persona("owner").id,
    }


EVERY = {
    Verdict.IN_ROOM: {},
    Verdict.HELD: {"hold": Hold.HELD, "stayed": None},
    Verdict.DENIED: {"hold": Hold.DENIED, "end_reason": "participant_removed"},
    Verdict.IN_VAIN: {"hold": Hold.HELD},
    Verdict.TURNED_AWAY: {"hold": Hold.TURNED_AWAY},
    Verdict.NO_NUMBER: {"outcome": Outcome.NO_CALLER_NUMBER, "end_reason": "no_caller_number"},
    Verdict.UNHELD: {"hold": Hold.UNHELD},
}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_verdict_has_its_filter_its_count_and_its_words(client_as: As, room: Room, verdict: Verdict):
    for fields in EVERY.values():
        made(room, **fields)
    page = client_as("support").get(f"{PATH}?verdict={verdict.value}").text
    assert rows(page) == 1
    words = page[page.index("<tbody") :]
    assert {"held": "On hold", "denied": "Denied by a host", "in_vain": "Gave up waiting"}.get(
        verdict.value, ""
    ) in words
    assert ("on hold now" in words) is (verdict is Verdict.HELD)
    counts = re.findall(rf"verdict={verdict.value}[^>]*>[^<]+<small>(\d+)</small>", page)
    assert counts == ["1"]


@pytest.mark.parametrize("hold", [Hold.FREE, Hold.ADMITTED, None])
def test_whoever_was_free_or_admitted_counts_as_in_a_room(client_as: As, room: Room, hold: Hold | None):
    made(room, hold=hold)
    assert rows(client_as("support").get(f"{PATH}?verdict=in_room").text) == 1


def test_support_reads_that_a_host_admitted_and_an_admin_which(client_as: As, room: Room):
    call = made(room, **decided(Hold.ADMITTED))
    for url in (PATH, f"{PATH}{call.id}/"):
        told = client_as("support").get(url).text
        assert "Owner Person" not in told and re.search("a host|A host", told)
        assert "Owner Person" in client_as("admin").get(url).text
    assert "0:00:42" in client_as("support").get(PATH).text
    assert "Owner Person" not in client_as("support").get("/telephony/calls.csv").text


def test_the_list_narrows_by_time_room_trunk_caller_and_words(client_as: As, installation: Installation, room: Room):
    other = installation.room(name="Works council", trunk_id=installation.trunk(number="+15550002"))
    made(room, caller=CALLER)
    made(other)
    made(other, minutes=3 * 24 * 60)
    made(other, minutes=20 * 24 * 60)
    made(other, minutes=60 * 24 * 60, caller=CALLER)
    support = client_as("support")
    shown = {query: rows(support.get(f"{PATH}?{query}").text) for query in (
        "", "span=week", "span=month", "span=all", f"room={room.id}", f"trunk={room.trunk_id}",
        f"caller={CALLER}", f"caller={CALLER}&span=all", "q=hous", "q=hcm-rxqt", "q=nothing",
    )}  # fmt: skip
    assert list(shown.values()) == [2, 3, 4, 5, 1, 1, 1, 2, 1, 1, 0]


@pytest.mark.parametrize("query", ["verdict=x&span=y&room=z&caller=+33199001234", "older=x", "newer=9-9"])
def test_words_that_are_none_of_ours_ask_for_nothing(client_as: As, room: Room, query: str):
    made(room)
    assert rows(client_as("support").get(f"{PATH}?{query}").text) == 1


def test_a_caller_of_several_calls_is_a_short_code_that_leads_to_all_of_them(client_as: As, room: Room):
    for minutes in (1, 2, 60 * 48):
        made(room, minutes=minutes, caller=CALLER, ending="21")
    made(room, caller="f" * 16)
    page = client_as("support").get(PATH).text
    assert f"{CALLER[:6]}</code>" in page
    assert page.count("3 calls<span") == 2 and "1 call<span" not in page
    link = re.search(r'href="([^"]*caller=[^"]*)"', page)
    assert link is not None
    assert rows(client_as("support").get(link[1].replace("&amp;", "&")).text) == 3


def test_pages_follow_one_another_without_a_gap_also_among_calls_of_one_instant(client_as: As, room: Room):
    came = utcnow() - timedelta(minutes=9)
    expected = {str(made(room, came_at=came).id) for _ in range(120)}
    seen: list[str] = []
    url: str | None = PATH
    while url:
        page = client_as("support").get(url).text
        seen += re.findall(rf'rowheader" scope="row"><a href="{PATH}([0-9a-f-]+)/"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        url = older[1].replace("&amp;", "&") if older else None
    assert len(seen) == 120 and set(seen) == expected


def test_the_list_asks_the_database_no_more_for_many_calls_than_for_one(
    client_as: As, installation: Installation, count_queries: Counted
):
    support, asked = client_as("support"), []
    for more in (1, 30):
        for number in range(more):
            made(installation.room(), caller=f"{number % 7:016x}", **decided(Hold.ADMITTED))
        with count_queries() as sent:
            assert support.get(PATH).status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_why_it_ended_is_said_in_words(client_as: As, room: Room):
    told = {
        "client_initiated": "hung up",
        "duplicate_identity": "The same number called",
        "room_deleted": "A host ended",
        "room_finished": "The meeting ended",
        "lost": "reason unknown",
        "something_new": "Reason unknown",
    }
    for reason in told:
        made(room, end_reason=reason, caller="905a43770135d0e3")
    page = client_as("support").get(PATH).text
    for words in told.values():
        assert words in page


def test_two_withheld_numbers_are_not_said_to_be_the_same_number(client_as: As, room: Room):
    made(room, end_reason="duplicate_identity", caller="")
    page = client_as("support").get(PATH).text
    assert "Another caller without a number called the room" in page and "The same number" not in page


def test_one_call_is_told_step_by_step_in_the_order_of_its_times(client_as: As, room: Room):
    call = made(room, stayed=280, participant_sid="PA_1", caller=CALLER, **decided(Hold.ADMITTED))
    for event, seconds, participant in (
        ("participant_joined", 0.1, {"sid": "PA_1", "attributes": {"sip.callID": call.sip_call_id}}),
        ("track_published", 0.2, {"sid": "PA_1"}),
        ("track_published", 0.3, {"sid": "PA_of_another"}),
        ("participant_left", 280, {"sid": "PA_1", "attributes": {"sip.callID": call.sip_call_id}}),
    ):
        at = call.came_at + timedelta(seconds=seconds)
        told = Delivery(
            event_id=f"EV_{event}{seconds}", event=event, room_id=room.id, body={"participant": participant}
        )
        told.created_at, told.received_at, told.result = at, at, Result.PROCESSED
        db.session.add(told)
    db.session.commit()
    page = client_as("support").get(f"{PATH}{call.id}/").text
    steps = [
        "Called over Harbour into Housing committee",
        "LiveKit reported that the caller joined",
        "LiveKit reported the caller",
        "On hold and muted",
    ]
    steps += ["A host admitted the caller", "The caller hung up"]
    places = [page.index(step) for step in steps]
    assert places == sorted(places)
    assert page.count("LiveKit reported the caller") == 1, "what another participant did is not this call’s"


def test_a_call_that_is_not_in_the_book_is_404(client_as: As, room: Room):
    assert client_as("support").get(f"{PATH}{room.id}/").status_code == 404


def test_a_call_without_a_number_and_without_a_room_has_a_page_too(client_as: As, installation: Installation):
    call = made(None, outcome=Outcome.NO_CALLER_NUMBER, end_reason="no_caller_number")
    page = client_as("support").get(f"{PATH}{call.id}/").text
    assert "without a caller number" in page
    assert "Number withheld" not in page, "a withheld number is called anonymous, and may come in"


def test_the_file_holds_what_the_filter_shows_and_no_cell_that_a_spreadsheet_would_run(
    client_as: As, installation: Installation
):
    room = installation.room(name='=HYPERLINK("http://evil")')
    for _ in range(3):
        made(room, caller=CALLER, ending="21", **decided(Hold.ADMITTED))
    made(room, hold=Hold.DENIED)
    answer = client_as("admin").get("/telephony/calls.csv?verdict=in_room")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    lines = spreadsheets.entries(answer)
    assert len(lines) == 3
    assert lines[0]["room"].startswith("'=") and lines[0]["decided_by"] == "Owner Person"
    assert lines[0]["caller"] == CALLER and lines[0]["verdict"] == "in_room"


def test_a_swap_gets_the_list_alone(client_as: As, room: Room):
    made(room)
    assert client_as("support").get(PATH, headers=SWAP).text.lstrip().startswith('<section id="calls"')


def test_an_empty_book_says_what_will_appear_and_a_filter_that_finds_nothing_leads_back(
    client_as: As, installation: Installation
):
    assert "No call in 24 hours" in client_as("support").get(PATH).text
    assert "Nothing matches" in client_as("support").get(f"{PATH}?verdict=held").text


def test_calls_older_than_the_setting_are_forgotten(
    installation: Installation, room: Room, change_settings: Callable[..., None]
):
    change_settings(calls_keep_days=7)
    made(room, minutes=8 * 24 * 60)
    young = made(room, minutes=6 * 24 * 60)
    assert call_jobs.purge_calls() == 1
    assert [call.id for call in db.session.query(Call)] == [young.id]


def test_what_was_asked_for_reads_back_what_it_wrote():
    filters = CallFilters.of({"verdict": "held", "span": "week", "q": "council", "caller": CALLER, "trunk": "ST_1"})
    assert CallFilters.of(filters.query()) == filters
    assert CallFilters.of({}).query() == {}
