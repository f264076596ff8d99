"""A downloaded recording is called as its page is titled: by room, date and time, in ASCII and in UTF-8."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from werkzeug.http import parse_options_header

from tests.plugins.bucket import TestBucket
from tests.support.films import FILM
from tests.support.personas import Browser, cookies, persona
from tests.support.waiting import PATIENCE
from webapp.core.db import db
from webapp.recordings.models import Recording
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]

MADE = datetime(2026, 11, 12, 13, 0, tzinfo=UTC)  # 14:00 in Paris, where the installation is


@pytest.fixture
def called(room: Room, make_recording: Make) -> Callable[[str], Recording]:
    """Makes a recording of a room of that name."""

    def _called(name: str) -> Recording:
        recording = make_recording()
        room.name, recording.created_at = name, MADE
        db.session.commit()
        return recording

    return _called


def names(header: str) -> tuple[str, str]:
    """What `filename` and `filename*` of a Content-Disposition say."""
    encoded = header.partition("filename*=UTF-8''")[2]
    plain = re.search(r'filename="([^"]*)"', header)
    assert header.startswith("attachment;") and plain is not None and encoded.isascii() and " " not in encoded
    assert parse_options_header(header)[1]["filename"] == unquote(encoded), "as a browser reads it"
    return plain[1], unquote(encoded)


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("Housing committee", "Housing committee", "Housing committee"),
        ("Comité “Été”", "Comite Ete", "Comité “Été”"),
        ("会议 2", "Recording 2", "会议 2"),
        ("会议", "Recording", "会议"),
        ("Team 🎉", "Team", "Team 🎉"),
        ('A/B\\C: 50%20 "x" <y>|*?', "A B C 50 20 x y", "A B C 50 20 x y"),
        ("A／B＂; x", "A B ; x", "A／B＂; x"),
        ("..hidden.", "hidden", "hidden"),
        ("2 go", "2 go", "2 go"),
        ("it's; filename=evil.exe", "it's; filename=evil.exe", "it's; filename=evil.exe"),
    ],
)
def test_the_name_is_room_date_time_and_extension(
    client_as: ClientAs, called: Callable[[str], Recording], name: str, plain: str, full: str
):
    header = client_as("owner").head(f"/media/{called(name).key}").headers["Content-Disposition"]
    end = " 2026-11-12 14-00.mp4"
    assert names(header) == (plain + end, full + end)


def test_the_longest_name_of_a_room_fits_a_file_system(client_as: ClientAs, called: Callable[[str], Recording]):
    header = client_as("owner").head(f"/media/{called('é' * 500).key}").headers["Content-Disposition"]
    full = names(header)[1]
    assert re.fullmatch(r"é+ 2026-11-12 14-00\.mp4", full) and len(full.encode()) < 255


def test_the_time_is_the_readers_as_on_the_page(client_as: ClientAs, called: Callable[[str], Recording]):
    recording = called("Housing committee")
    persona("owner").timezone = "Asia/Tokyo"
    db.session.commit()
    owner = client_as("owner")
    assert "12 Nov 2026, 22:00" in owner.get(f"/recordings/{recording.id}/").text
    header = owner.head(f"/media/{recording.key}").headers["Content-Disposition"]
    assert names(header)[1] == "Housing committee 2026-11-12 22-00.mp4"


@pytest.mark.parametrize("asked", [{}, {"Range": "bytes=3-7"}])
def test_nginx_names_what_comes_from_the_bucket_alike_and_once(
    proxy: str, client_as: ClientAs, called: Callable[[str], Recording], in_bucket: TestBucket, asked: dict[str, Any]
):
    recording = called("Comité du logement")
    in_bucket.s3.client().put_object(
        Bucket=in_bucket.name, Key=f"desk/{recording.key}", Body=FILM, ContentDisposition='inline; filename="x.html"'
    )
    signed_in = cookies(client_as("owner"))
    answer = requests.get(f"{proxy}/media/{recording.key}", cookies=signed_in, headers=asked, timeout=PATIENCE)
    assert answer.raw.headers.getlist("Content-Disposition") == [answer.headers["Content-Disposition"]]
    assert names(answer.headers["Content-Disposition"]) == (
        "Comite du logement 2026-11-12 14-00.mp4",
        "Comité du logement 2026-11-12 14-00.mp4",
    )
    assert "X-Media-Name" not in answer.headers


def test_a_refusal_through_nginx_has_no_name(proxy: str, client_as: ClientAs, called: Callable[[str], Recording]):
    signed_in = cookies(client_as("stranger"))
    answer = requests.get(f"{proxy}/media/{called('Secret').key}", cookies=signed_in, timeout=PATIENCE)
    assert answer.status_code == 404 and "Content-Disposition" not in answer.headers
