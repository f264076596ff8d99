"""Frontdesk's own meeting page: what its headers allow, and what it keeps to itself."""

from collections.abc import Callable

import pytest

from tests.support.factories import make_room
from tests.support.personas import Browser


def test_the_page_may_reach_livekit_and_the_devices_and_nothing_else(
    client: Browser, change_settings: Callable[..., None]
):
    change_settings(livekit_public_url="https://livekit.example.org")
    headers = client.get("/meet/any").headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src wss://livekit.example.org https://livekit.example.org; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    allowed = headers["Permissions-Policy"]
    assert allowed == "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_all_other_pages_keep_the_devices_off(client: Browser):
    headers = client.get(f"/join/{make_room().slug}").headers
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_the_page_does_not_tell_whether_there_is_a_room(client: Browser):
    room = make_room()
    there, nowhere = client.get(f"/meet/{room.slug}"), client.get("/meet/no-such-room")
    assert (there.status_code, nowhere.status_code) == (200, 200)
    assert there.text.replace(room.slug, "no-such-room") == nowhere.text
    assert room.name not in there.text and "Set-Cookie" not in there.headers


@pytest.mark.parametrize(
    ("own", "public", "socket"),
    [
        ("http://livekit:7880", "", "ws://livekit:7880"),
        ("http://livekit:7880", "https://livekit.example.org", "wss://livekit.example.org"),
    ],
)
def test_browsers_are_led_to_livekits_public_address(
    client: Browser, change_settings: Callable[..., None], own: str, public: str, socket: str
):
    change_settings(livekit_url=own, livekit_public_url=public)
    assert f'data-livekit="{socket}"' in client.get("/meet/any").text
