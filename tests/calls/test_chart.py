"""The calls of 24 hours as bars: by the reader's clock, told apart without colour, the same numbers as a table."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.plugins.queries import Counted
from tests.support.calls_made import made
from tests.support.installation import Installation
from tests.support.personas import Browser, persona
from webapp.calls import hours
from webapp.calls.models import Hold
from webapp.calls.verdicts import Verdict
from webapp.core import chart
from webapp.core.db import db, utcnow

As = Callable[[str], Browser]
PARIS = ZoneInfo("Europe/Paris")


def test_each_call_is_counted_in_the_hour_of_its_coming_and_older_ones_are_not(installation: Installation):
    now = datetime(2026, 6, 10, 14, 20, tzinfo=UTC)
    room = installation.room()
    came = ["13:59:59.999", "14:00:00", "14:19", "13:00"]
    for text in came:
        made(room, came_at=datetime.fromisoformat(f"2026-06-10T{text}+00:00"))
    made(room, came_at=now - timedelta(hours=23, minutes=20), hold=Hold.DENIED)
    made(room, came_at=now - timedelta(hours=23, minutes=21))
    found = hours.last_day(now, UTC)
    counts = {hour.starts_at.hour: dict(hour.counts) for hour in found if hour.counts}
    assert counts == {13: {Verdict.IN_ROOM: 2}, 14: {Verdict.IN_ROOM: 2}, 15: {Verdict.DENIED: 1}}
    assert len(found) == 24


def clocks(now: datetime, zone: ZoneInfo) -> list[str]:
    return [f"{start:%H:%M}" for start in hours.hours(now, zone)]


def test_when_the_clock_is_put_back_an_hour_stands_there_twice():
    shown = clocks(datetime(2026, 10, 25, 12, 30, tzinfo=UTC), PARIS)
    assert len(shown) == 24 and shown.count("02:00") == 2 and shown[-1] == "13:00"


def test_when_the_clock_is_put_forward_an_hour_is_missing():
    shown = clocks(datetime(2026, 3, 29, 12, 30, tzinfo=UTC), PARIS)
    assert len(shown) == 24 and "02:00" not in shown and shown[-1] == "14:00"


def test_hours_begin_full_where_the_zone_is_half_an_hour_off():
    assert {clock[3:] for clock in clocks(utcnow(), ZoneInfo("Asia/Kolkata"))} == {"00"}


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (1, 1), (3, 1), (4, 2), (9, 3), (31, 20), (36, 20), (24, 8), (100, 40), (4000, 2000)]
)
def test_the_lines_are_numbers_that_read_well_and_hold_the_highest_bar(most: int, step: int):
    assert chart.line_step(most) == step
    assert step * chart.STEPS >= most


def corners(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]


def test_bars_stand_on_one_another_and_stay_inside_the_frame():
    looks = ("plain", "hatched", "pointed")
    values: Sequence[Sequence[int]] = ([3, 0, 7], [1, 2, 0], [2, 0, 5])
    drawn = chart.draw([chart.Series(look, look, v) for look, v in zip(looks, values, strict=True)], ["a", "", "b"])
    assert len(drawn.bars) == sum(value > 0 for column in values for value in column)
    for _look, points in drawn.bars:
        for x, y in corners(points):
            assert chart.LEFT <= x <= chart.RIGHT and chart.TOP <= y <= chart.FLOOR
    (_, first), (_, second), (_, third) = drawn.bars[:3]
    assert min(y for _x, y in corners(first)) == max(y for _x, y in corners(second))
    assert min(y for _x, y in corners(second)) == max(y for _x, y in corners(third))
    assert [words for _x, words in drawn.marks] == ["a", "b"]


def test_a_pointed_bar_has_a_roof_so_that_it_is_told_apart_without_colour():
    (_look, pointed), *_ = chart.draw([chart.Series("refused", "pointed", [4])], [""]).bars
    (_look, plain), *_ = chart.draw([chart.Series("in a room", "plain", [4])], [""]).bars
    assert len(corners(pointed)) == 5 and len(corners(plain)) == 4


@pytest.mark.parametrize(("path", "who"), [("/", "support"), ("/", "admin"), ("/telephony/calls/", "support")])
def test_the_picture_says_in_a_sentence_what_it_shows_and_has_its_table(
    client_as: As, installation: Installation, path: str, who: str
):
    room = installation.room()
    for fields in ({}, {}, {"hold": Hold.HELD}, {"hold": Hold.DENIED}):
        made(room, minutes=0.01, **fields)
    page = client_as(who).get(path).text
    label = re.search(r'role="img" aria-label="([^"]+)"', page)
    assert label is not None and "2 in a room, 1 on hold or gave up waiting, 1 refused" in label[1]
    assert "As a table" in page and "style=" not in page
    table = page[page.index("<table>") : page.index("</table>")]
    assert re.findall(r'<td class="number">(\d+)</td>', table) == (["2", "1", "1"])


def test_hours_are_those_of_the_readers_own_clock(client_as: As, installation: Installation):
    reader = persona("support")
    reader.timezone = "Asia/Kolkata"
    db.session.commit()
    call = made(installation.room(), minutes=0.01)
    page = client_as("support").get("/telephony/calls/").text
    table = page[page.index("<table>") : page.index("</table>")]
    assert f">{call.came_at.astimezone(ZoneInfo('Asia/Kolkata')):%H}:00<" in table


def test_nobody_but_staff_sees_it_on_the_desk(client_as: As, installation: Installation):
    made(installation.room())
    assert 'id="calls"' not in client_as("owner").get("/").text


def test_a_day_without_a_call_has_a_picture_that_says_so(client_as: As, installation: Installation):
    page = client_as("support").get("/").text
    assert "No call came in the last 24 hours." in page and "As a table" not in page


def test_the_page_says_that_livekit_tells_of_no_wrong_pin(client_as: As, installation: Installation):
    page = client_as("support").get("/telephony/calls/").text
    assert "doesn't report wrong PINs" in page and 'href="/telephony/explain"' in page


def test_a_day_of_many_calls_is_counted_by_the_database_in_one_question(
    client_as: As, installation: Installation, count_queries: Counted
):
    support, asked = client_as("support"), []
    for more in (1, 40):
        for number in range(more):
            made(installation.room(), minutes=number * 30)
        with count_queries() as sent:
            assert support.get("/").status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]
