"""How safe the PINs are: counted per trunk, reckoned by formulas that stand on the page, advised in a word."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import Counted
from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.config import Settings
from webapp.core.db import db, new_id, utcnow
from webapp.rooms import pin_space
from webapp.rooms import pins as room_pins
from webapp.rooms.models import PhonePin
from webapp.trunks import pins as pin_health
from webapp.trunks.views import pins

As = Callable[[str], Browser]
PATH = "/telephony/pins"


def fill(trunk_id: str, used: int, quarantined: int = 0) -> None:
    until = utcnow() + timedelta(days=3)
    taken = [
        {"trunk_id": trunk_id, "pin": str(1_000_000_000 + number), "room_id": new_id(), "assigned_at": utcnow()}
        | {"blocked_until": until if number < quarantined else None}
        for number in range(used + quarantined)
    ]
    db.session.execute(sa.insert(PhonePin), taken)
    db.session.commit()


def test_each_trunk_is_counted_by_rooms_and_quarantine(installation: Installation):
    other = installation.trunk(number="+15550002")
    fill(installation.trunk_id, 7, 3)
    fill("", 1)
    found = {each.trunk_id: (each.fill.used, each.fill.quarantined) for each in pin_health.namespaces(10)}
    assert found == {installation.trunk_id: (7, 3), other: (0, 0), "": (1, 0)}


def test_the_odds_of_a_guess_count_the_pins_that_open_a_room_now(installation: Installation):
    installation.live()
    installation.live()
    installation.room()
    (found,) = pin_health.namespaces(8)
    assert found.live == 2
    assert found.blind_guess_hits == pytest.approx(2 / pin_space.codes(8))


def test_the_page_shows_fill_formulas_and_codes_and_support_may_read_it(client_as: As, installation: Installation):
    fill(installation.trunk_id, 40)
    page = client_as("support").get(PATH).text
    assert "1 − exp(−n(n−1) / 2N)" in page and "(n/N)^5" in page and "live / N" in page
    assert f"= {pin_space.codes(10)}" in page
    assert "Long enough" in page and "Harbour" in page
    assert client_as("owner").get(PATH).status_code == 403


def test_what_is_reckoned_stands_with_its_formula(client_as: As, installation: Installation):
    installation.live()
    page = client_as("support").get(PATH).text
    assert page.index('id="formulas"') < page.index("guesses on average") < page.index('id="counted"')


def test_another_length_is_looked_at_without_being_set(client_as: As, installation: Installation):
    fill(installation.trunk_id, 40)
    page = client_as("support").get(f"{PATH}?length=6").text
    assert f"= {pin_space.codes(6)}" in page and "This is a preview" in page
    assert "Use 8 digits" in page


@pytest.mark.parametrize("length", ["3", "17", "x", "-1", "", "٣", "9999999"])
def test_a_length_that_no_pin_has_shows_the_present_one(client_as: As, installation: Installation, length: str):
    page = client_as("support").get(PATH, query_string={"length": length}).text
    assert f"= {pin_space.codes(10)}" in page and "This is a preview" not in page


def test_the_page_admits_that_no_wrong_pin_is_told_and_says_where_it_is_written(
    client_as: As, installation: Installation
):
    page = client_as("support").get(PATH).text
    assert "LiveKit reports wrong PINs to no one" in page and "wrong-pin" in page


def test_what_was_drawn_in_vain_is_counted(
    client_as: As,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    change_settings: Callable[..., None],
):
    room, before = installation.room(pin=None), pin_health.collisions()
    drawn = iter([111, 234, 5_294, 5_294, 8_362])
    first = installation.room(pin="6294")
    change_settings(pin_length=4)
    monkeypatch.setattr("secrets.randbelow", lambda _size: next(drawn))
    room_pins.assign(room)
    db.session.commit()
    assert room.pin == "9362" and first.pin == "6294"
    assert pin_health.collisions() == before + 2


def test_a_full_namespace_is_warned_of(client_as: As, installation: Installation, settings: Settings):
    fill(installation.trunk_id, 9000)
    page = client_as("support").get(f"{PATH}?length=4").text
    assert re.search(r"Use \d+ digits", page) and "100%" in page


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "none"),
        (0.3935, "39%"),
        (0.005, "0.5%"),
        (1.0, "100%"),
        (0.99999, "almost certain"),
        (1e-6, "1 in 1,000,000"),
        (2.2e-10, "1 in 4,500,000,000"),
        (1e-40, "1 in 10^40"),
        (1e-310, "1 in none"),
    ],
)
def test_odds_are_written_as_people_read_them(app: Flask, chance: float, words: str):
    with app.test_request_context():
        assert pins.said(chance) == words or (chance < 1e-300 and pins.said(chance).startswith("1 in"))


def test_the_page_asks_the_database_no_more_for_many_pins_than_for_one(
    client_as: As, installation: Installation, count_queries: Counted
):
    support, asked = client_as("support"), []
    for more in (1, 8):
        for number in range(more):
            fill(installation.trunk(number=f"+1555{more}{number:03}"), 3)
            installation.live()
        with count_queries() as sent:
            assert support.get(PATH).status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]


def test_nothing_is_shown_where_there_is_no_trunk(client_as: As, app: Flask):
    assert "No PIN yet" in client_as("support").get(PATH).text
