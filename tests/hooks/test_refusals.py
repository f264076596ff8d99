"""A refused knock is no silence: hooks that are refused are counted by their reason and shown to who can mend it."""

import html
import json
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp.core import refusals
from webapp.core.db import db
from webapp.core.refusals import Refusal
from webapp.rooms.models import Room

As = Callable[[str], Browser]
BODY = b'{"event": "room_started", "id": "EV_1", "room": {"name": "x"}}'


@pytest.fixture(autouse=True)
def _nothing_waits():
    refusals._waiting.counts.clear()
    refusals._waiting.known.clear()


def _other(livekit: LiveKit, **changes: str) -> dict[str, str]:
    return LiveKit(livekit.url, **{"key": livekit.key, "secret": livekit.secret, **changes}).signed(BODY)


def _headers(livekit: LiveKit, reason: str) -> dict[str, str]:
    made = {
        "unsigned": dict,
        "unreadable_token": lambda: {"Authorization": "nonsense"},
        "other_secret": lambda: _other(livekit, secret="another-secret-of-thirty-two-characters"),
        "other_key": lambda: _other(livekit, key="another-key"),
        "body_changed": lambda: livekit.signed(json.dumps(json.loads(BODY)).encode() + b"\n"),
        "clock": lambda: livekit.signed(BODY, exp=int(time.time()) - 600, nbf=int(time.time()) - 900),
    }
    return dict(made[reason]())


WORDS = {
    "unsigned": ("they carry no signature", "Authorization header"),
    "unreadable_token": ("their signature can't be read", "Authorization header"),
    "other_secret": ("they are signed with another secret", "webhook.api_key"),
    "other_key": ("they are signed with another API key", "webhook.api_key"),
    "body_changed": ("their body was changed on the way", "unchanged"),
    "clock": ("the clocks of LiveKit and Frontdesk differ", "NTP"),
}


@pytest.mark.parametrize("reason", WORDS)
def test_five_refused_hooks_are_told_with_their_reason_and_what_mends_it(
    client: Browser, client_as: As, livekit: LiveKit, reason: str
):
    for _ in range(5):
        assert client.post("/hooks/livekit", data=BODY, headers=_headers(livekit, reason)).status_code == 401
    why, mends = WORDS[reason]
    for page in ("/system/hooks/", "/system/setup"):
        text = html.unescape(client_as("admin").get(page).text)
        assert f"5 refused in the last hour: {why} (5)." in text
        assert "None received yet" not in text
    assert mends in html.unescape(client_as("admin").get("/system/setup").text)
    told = client.get("/metrics").text
    assert f'frontdesk_refusals_total{{door="hooks",reason="{reason}"}}' in told


def test_a_signed_body_that_is_no_json_is_counted_too(client: Browser, client_as: As, livekit: LiveKit):
    assert client.post("/hooks/livekit", data=b"[]", headers=livekit.signed(b"[]")).status_code == 400
    assert "their body isn&#39;t JSON (1)" in client_as("admin").get("/system/hooks/").text


def test_a_flood_of_refusals_is_one_row_a_minute_and_few_writes(client: Browser, count_queries):
    client.post("/hooks/livekit", data=BODY)
    with count_queries() as asked:
        for _ in range(30):
            client.post("/hooks/livekit", data=BODY)
    assert len([query for query in asked if "refusals" in query.lower()]) <= 10
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Refusal)) <= 2
    assert refusals.recent(refusals.HOOKS) == {"unsigned": 31}


def test_an_hour_later_nothing_is_told_and_a_day_later_nothing_is_kept(client: Browser, client_as: As):
    client.post("/hooks/livekit", data=BODY)
    db.session.execute(sa.update(Refusal).values(minute=Refusal.minute - 61))
    db.session.commit()
    assert "are refused" not in client_as("admin").get("/system/hooks/").text
    db.session.execute(sa.update(Refusal).values(minute=Refusal.minute - 24 * 60))
    db.session.commit()
    assert refusals.purge() == 1


def test_nothing_is_told_where_every_hook_is_taken(client_as: As, room: Room):
    assert "are refused" not in client_as("admin").get("/system/hooks/").text
    assert "None received yet" in client_as("admin").get("/system/setup").text
