"""Every file opens in a spreadsheet as it is meant: accents, one cell per value, and nothing that runs."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import spreadsheets
from tests.support.estate import furnish
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, persona
from webapp.core import spreadsheet
from webapp.core.db import db
from webapp.rooms.models import Room

ROOM = "Budget;=cmd|'/C calc'!A0"
RUNS = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@pytest.mark.parametrize("begins", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"))
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\u200b", "\ufeff"])
def test_no_cell_begins_as_a_formula_does_in_any_width(begins: str, before: str):
    (cell,) = spreadsheets.cells(spreadsheet.line([f"{before}{begins}1+1"]))
    assert cell == f"'{before}{begins}1+1"


@pytest.mark.parametrize("cell", ["", "Aurèle", 'says "no"', "a,b;c\td", "two\nlines", "l'été", "1=1"])
def test_every_other_cell_is_quoted_and_comes_back_as_it_was(cell: str):
    line = spreadsheet.line([cell, "x"])
    assert spreadsheets.cells(line) == [cell, "x"]
    assert line.startswith('"') and line.endswith('","x"\r\n')


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("fr", ";")])
def test_every_file_opens_right_in_the_readers_own_excel(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit, language: str, separator: str
):
    estate = furnish(livekit)
    for person in ("owner", "admin"):
        persona(person).full_name, persona(person).language = "Aurèle", language
    db.session.get_one(Room, db.session.query(Room.id).scalar()).name = ROOM
    db.session.commit()
    files = [rule for rule in app.url_map.iter_rules() if rule.rule.endswith(".csv")]
    assert len(files) >= 5
    told = ""
    for rule in files:
        answer = client_as("owner" if "slug" in rule.arguments else "admin").get(estate.url(app, rule))
        assert answer.status_code == 200, rule.endpoint
        assert answer.data.startswith(b"\xef\xbb\xbf"), rule.endpoint
        assert answer.data.count(b"\n") == answer.data.count(b"\r\n"), rule.endpoint
        rows = spreadsheets.rows(answer, separator)
        table = rows[rows.index([]) + 1 : -2] if [] in rows else rows  # between what it says of itself
        assert len({len(row) for row in table}) == 1, f"{rule.endpoint}: one width"
        assert not [cell for row in rows for cell in row if RUNS.match(cell)], rule.endpoint
        assert answer.content_type == "text/csv; charset=utf-8"
        told += answer.data.decode("utf-8-sig")
    assert f'"{ROOM}"' in told and '"Aurèle"' in told
