"""The list of recordings: what it shows, counts, sorts and pages; the same answers however many there are."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import Counted
from tests.support import plans
from tests.support.factories import make_room
from tests.support.personas import Browser, persona
from webapp.core.db import db, new_id, utcnow
from webapp.core.filters import file_size
from webapp.core.paging import Page, Place
from webapp.recordings import listing, policy, queries
from webapp.recordings.listing import RecordingFilters, RecordingShow
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.recordings.views.listing import number_of, size_of
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
PARIS = ZoneInfo("Europe/Paris")  # where the owner lives


def ids(page: Page[Recording]) -> list[str]:
    return [str(recording.id) for recording in page.rows]


def listed(filters: RecordingFilters, at: Place | None = None, who: str = "owner") -> Page[Recording]:
    return listing.page(persona(who), filters, at or Place(), PARIS)


def counted(answer: str, words: str) -> str:
    """The number beside a filter."""
    found = re.search(rf">{words}<small>([^<]*)</small>", answer)
    return found.group(1) if found else ""


def test_each_filter_says_how_many_it_shows_and_the_page_how_large_they_are(client_as: ClientAs, make_recording: Make):
    for days in (None, 2, 300):
        make_recording(days=days)
    make_recording(days=1, age=3)
    make_recording(State.FAILED)
    make_recording(State.ACTIVE)
    page = client_as("owner").get("/recordings/").text
    shown = {
        words: counted(page, words) for words in ("All", "Recording", "Expiring", "Permanent", "Failed", "Expired")
    }
    assert shown == {"All": "6", "Recording": "1", "Expiring": "1", "Permanent": "1", "Failed": "1", "Expired": "1"}
    size = sum(recording.size or 0 for recording in db.session.scalars(sa.select(Recording)))
    assert f"6 recordings in your rooms, {file_size(size)}." in re.sub(r"\s+", " ", page)


def test_every_count_is_as_many_as_its_filter_lists(make_recording: Make, room: Room):
    for days in (None, 0, 2, 300):
        make_recording(days=days)
    make_recording(State.ABORTED)
    make_recording(State.GONE)
    make_recording(State.STARTING)
    for show in RecordingShow:
        filters = RecordingFilters(show=show)
        for who in ("owner", "administrator", "admin", "member", "stranger"):
            counts = listing.counts(persona(who), filters, PARIS)
            assert counts.shows[show].number == len(listed(filters, who=who).rows) == counts.chosen.number
            assert sum(count.number for count in counts.modes.values()) == counts.chosen.number


def test_the_list_shows_what_its_reader_may_know_of_and_nothing_else(make_recording: Make):
    make_recording()
    theirs = make_room("stranger", name="Elsewhere")
    db.session.add(Recording(room_id=theirs.id, mode=Mode.AUDIO, state=State.SAVED, key="recordings/x.ogg"))
    db.session.commit()
    for who in ("owner", "administrator", "member", "stranger", "support", "admin"):
        user = persona(who)
        seen = {row.id for row in listed(RecordingFilters(), who=who).rows}
        for row in queries.remembering(persona("admin"), queries.visible_to(persona("admin"))):
            db.session.expire_all()
            found = queries.by_id(user, row.id)
            assert (row.id in seen) == (found is not None and policy.view(user, found))


def test_kinds_and_rooms_narrow_the_list_its_counts_and_its_week(client_as: ClientAs, make_recording: Make, room: Room):
    film, sound = make_recording(days=2), make_recording(days=2)
    sound.mode = Mode.AUDIO
    db.session.commit()
    owner = client_as("owner")
    page = owner.get("/recordings/?mode=audio").text
    assert str(sound.id) in page and str(film.id) not in page
    assert (counted(page, "All"), counted(page, "Video"), counted(page, "Audio only")) == ("1", "1", "1")
    counts = listing.counts(persona("owner"), RecordingFilters(mode=Mode.AUDIO), PARIS)
    assert [count.number for count in counts.week.values()].count(1) == 1
    page = owner.get(f"/recordings/?room={room.slug}").text
    assert str(film.id) in page and "Show all rooms" in page
    assert "No matching recordings" in owner.get("/recordings/?room=none").text
    assert "No matching recordings" in owner.get("/recordings/?q=nothing").text


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize(("sort", "column"), [("size", "size"), ("length", "duration_ms"), ("kept", "expires_at")])
def test_pages_of_every_order_hold_each_recording_once_and_those_without_a_value_last(
    make_recording: Make, sort: str, column: str, way: str, size: int
):
    for number in (3, 1, 2, 2):
        recording = make_recording(days=number)
        recording.size, recording.duration_ms = number * 1000, number * 1000
    for _number in range(3):
        running = make_recording(State.FAILED)
        assert running.size is None
    db.session.commit()
    filters = RecordingFilters.of({"sort": way + sort})
    first = listed(filters, Place(size=size))
    rows, pages, page = list(first.rows), [ids(first)], first
    while page.older:
        page = listed(filters, Place(after=page.older, size=size))
        rows += page.rows
        pages.append(ids(page))
    assert len(rows) == len({row.id for row in rows}) == 7
    values = [getattr(row, column) for row in rows]
    known = [value for value in values if value is not None]
    assert values == known + [None] * 3
    assert known == sorted(known, reverse=(sort == "kept") == bool(way))
    back = [ids(page)]
    while page.newer:
        page = listed(filters, Place(before=page.newer, size=size))
        back.append(ids(page))
    assert list(chain.from_iterable(reversed(back))) == list(chain.from_iterable(pages))


@pytest.mark.parametrize("older", ["x", "-", "-x", "1", "1-x", "99999999999999999999-x", "²-x"])
def test_a_place_that_is_none_begins_at_the_beginning(client_as: ClientAs, make_recording: Make, older: str):
    recording, owner = make_recording(), client_as("owner")
    for sort in ("made", "size", "kept"):
        for way in ("older", "newer"):
            answer = owner.get("/recordings/", query_string={"sort": sort, way: older})
            assert answer.status_code == 200 and str(recording.id) in answer.text


def test_heads_say_how_the_list_is_sorted_and_turn_it_round(client_as: ClientAs, make_recording: Make):
    make_recording()
    owner = client_as("owner")
    assert 'aria-sort="descending"' in owner.get("/recordings/").text
    page = owner.get("/recordings/?sort=kept").text
    assert 'aria-sort="ascending"' in page and "sort=-kept" in page
    assert 'aria-sort="descending"' in owner.get("/recordings/?sort=-kept").text


def test_the_week_says_what_goes_on_which_day_where_its_reader_lives(client_as: ClientAs, make_recording: Make):
    owner = client_as("owner")
    today = utcnow().astimezone(PARIS).date()
    late = make_recording()
    late.expires_at = listing.midnight(today + timedelta(days=3), PARIS) - timedelta(seconds=1)
    early = make_recording()
    early.expires_at = listing.midnight(today + timedelta(days=3), PARIS)
    beyond = make_recording()
    beyond.expires_at = listing.midnight(today + timedelta(days=7), PARIS)
    db.session.commit()
    counts = listing.counts(persona("owner"), RecordingFilters(), PARIS)
    days = list(counts.week.values())
    assert [count.number for count in days] == [0, 0, 1, 1, 0, 0, 0]
    assert days[2].size == late.size and counts.shows[RecordingShow.EXPIRING].number == 2
    second = (today + timedelta(days=2)).isoformat()
    assert f"day={second}" in owner.get("/recordings/").text
    page = owner.get(f"/recordings/?day={second}").text
    assert str(late.id) in page and str(early.id) not in page
    assert "1 matching recording," in page
    for none in ("soon", "9999-12-31", "0001-01-01"):
        assert str(early.id) in owner.get(f"/recordings/?day={none}").text, "no day"


def test_what_expired_today_is_not_said_to_go_today(make_recording: Make):
    recording = make_recording()
    recording.expires_at = utcnow() - timedelta(seconds=1)
    db.session.commit()
    counts = listing.counts(persona("owner"), RecordingFilters(), PARIS)
    assert [count.number for count in counts.week.values()] == [0] * 7


def test_beyond_the_most_that_is_counted_the_page_says_that_there_are_more(app: Flask, make_recording: Make):
    recordings = [make_recording() for _number in range(3)]
    counts = listing.counts(persona("owner"), RecordingFilters(), PARIS, most=2)
    known, none = counts.chosen, counts.shows[RecordingShow.FAILED]
    assert (known.number, known.size, known.is_all) == (2, 2 * (recordings[0].size or 0), False)
    with app.test_request_context():
        assert (number_of(known), number_of(none), size_of(none)) == ("2+", "0", "")
        assert size_of(known) == f"more than {file_size(known.size)}"


@pytest.mark.parametrize("query", ["", "?sort=size", "?filter=failed&sort=kept", "?mode=video&q=a", "?day=2026-01-01"])
def test_a_page_asks_three_questions_at_most_of_recordings_whatever_is_asked_for(
    app: Flask, client_as: ClientAs, make_recording: Make, count_queries: Counted, query: str
):
    owner, asked = client_as("owner"), []
    for more in (1, 40):
        for _number in range(more):
            make_recording(days=3)
        with count_queries() as sent:
            assert owner.get(f"/recordings/{query}").status_code == 200
        asked.append(sum("recordings" in statement for statement in sent))
    assert max(asked) <= 3 and min(asked) >= 2, asked


INDEXES = {
    "ix_recordings_failed": {"filter": "failed"},
    "uq_recordings_running": {"filter": "running"},
    "ix_recordings_expires_at_id": {"filter": "expiring"},
    "ix_recordings_size_id": {"sort": "size"},
    "ix_recordings_duration_ms_id": {"sort": "length"},
}


@pytest.fixture
def many(room: Room, make_recording: Make) -> None:
    """Recordings enough that a whole table costs more than an index; one failed and one runs."""
    now = utcnow()
    rows = (
        {
            "id": new_id(),
            "room_id": room.id,
            "mode": Mode.VIDEO,
            "state": State.SAVED,
            "key": f"recordings/{number}.mp4",
            "created_at": now,
            "compared_at": now,
            "stored_at": now,
            "expires_at": now + timedelta(days=100, minutes=number),
            "size": number,
            "duration_ms": number,
        }
        for number in range(2_000)
    )
    for state in (State.FAILED, State.ACTIVE):
        make_recording(state)
    plans.fill(Recording, rows)


@pytest.mark.parametrize("index", INDEXES)
def test_what_is_rare_or_sorted_is_read_from_an_index(app: Flask, many: None, index: str):
    found: list[str] = []

    def explain(connection: sa.Connection, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if statement.startswith("SELECT") and "FROM recordings" in statement:
            found.append(plans.explain(connection, statement, values))

    filters = RecordingFilters.of(INDEXES[index])
    sa.event.listen(db.session.get_bind(), "before_cursor_execute", explain)
    try:
        listed(filters, who="admin")
    finally:
        sa.event.remove(db.session.get_bind(), "before_cursor_execute", explain)
    assert index in found[0]
