"""A canary is found in whatever form it was written, or the matrix proves nothing."""

import base64
import html
import io
import json
import zipfile
import zlib
from urllib.parse import quote

import pytest

from tests.privacy.canaries import DIGITS, Canaries, email, name, number
from webapp.core import qr
from webapp.core.filters import grouped

PIN, CALLER = DIGITS["pin.current"], number("number.caller")
COOKIE = zlib.compress(json.dumps({"flash": name("member")}).encode())


def _zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (f"<td>{html.escape(name('member'))}</td>", "name.member"),
        (json.dumps({"é": name("member").upper()}), "name.member"),
        (f"/people/?email={quote(email('owner'))}", "email.owner"),
        (f"to {email('owner')[:-1]}", "email.owner"),
        (f"PIN {grouped(PIN)} #", "pin.current"),
        (f"<b>{PIN[:4]}</b>&nbsp;<b>{PIN[4:]}</b>", "pin.current"),
        (f"tel:+33170189900,,,{PIN}%23", "pin.current"),
        (f"sip_{CALLER}", "number.caller"),
        (f"06&#8239;{CALLER[4:6]} {CALLER[6:8]}.{CALLER[8:10]}-{CALLER[10:]}", "number.caller"),
        (f"%2B33%20{CALLER[3:]}", "number.caller"),
        (base64.b64encode(f"the caller was {CALLER}".encode()), "number.caller"),
        (b"." + base64.urlsafe_b64encode(COOKIE), "name.member"),
        (_zipped(email("owner")), "email.owner"),
        (_zipped(f"{CALLER}"), "number.caller"),
    ],
)
def test_it_is_found_in_every_form(content: bytes | str, label: str):
    assert set(Canaries().within(content)) == {label}


def test_tokens_hashes_and_codes_are_found_too():
    canaries = Canaries()
    canaries.runs["Yx-0a_bcdefghijklmnopqrstuvw"] = "session.owner"
    canaries.drawings["M4 0.5h7m1"] = "pin.current"
    assert set(canaries.within("a=Yx-0a_bcdefghijklmnopqrstuvw; path=/")) == {"session.owner"}
    assert set(canaries.within('<path d="M4 0.5h7m1"/>')) == {"pin.current"}
    assert set(canaries.within("3a5f5ddbbd5f1bd8ad3a6c0cc2c3e2b5")) == set()
    hashed = next(run for run, label in canaries.runs.items() if label == "number.caller")
    assert set(canaries.within(f"caller {hashed}")) == {"number.caller"}
    assert "d=" in qr.svg(PIN), "the drawing is one path"


def test_what_is_masked_or_of_nobody_is_not_found():
    for text in (
        f"•• •• {PIN[-2:]}",
        "Phone ••01",
        "0193c9f2-a111-7abc-8def-001122334455",
        "2026-11-30 23:59:59.123456",
    ):
        assert Canaries().within(text) == {}
