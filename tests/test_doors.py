"""Who may ask at all: names, networks and guesses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr, ValidationError

from tests.support.installation import Installation
from tests.support.personas import Browser, browser
from webapp.core import hosts
from webapp.core.config import Settings
from webapp.core.security import limiter


@pytest.fixture
def configured(app: Flask, settings: Settings) -> Iterator[Callable[..., None]]:
    """Run the app with other settings until the test ends."""

    def change(**values: Any) -> None:
        app.extensions["frontdesk.settings"] = settings.model_copy(update=values)

    yield change
    app.extensions["frontdesk.settings"] = settings


PRODUCTION = {"environment": "production", "public_url": "https://desk.example.org"}


@pytest.mark.parametrize(
    "host", ["evil.example", "desk.example.org.evil.example", "127.0.0.1", "localhost:80", "", "["]
)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/join/hcm-rxqt-bdw", "/api/x", "/static/htmx.js"])
def test_pages_are_refused_under_another_name_and_say_the_right_one(
    app: Flask, configured: Callable[..., None], host: str, path: str
):
    configured(**PRODUCTION)
    answer = browser(app).get(path, headers={"Host": host})
    assert answer.status_code == 400 and "https://desk.example.org" in answer.text


@pytest.mark.parametrize("host", ["desk.example.org", "DESK.example.org:443", "desk.example.org.", "inner.example:81"])
def test_pages_are_served_under_the_public_name_and_those_of_the_setting(
    app: Flask, configured: Callable[..., None], host: str
):
    configured(**PRODUCTION, trusted_hosts=["inner.example"])
    assert browser(app).get("/join/hcm-rxqt-bdw", headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/hooks/livekit"])
def test_hooks_probes_and_metrics_take_any_name(app: Flask, configured: Callable[..., None], path: str):
    configured(**PRODUCTION)
    ask = browser(app).post if path.startswith("/hooks") else browser(app).get
    assert ask(path, headers={"Host": "frontdesk-7f9c:8000"}).status_code in {200, 401}


def test_the_name_in_a_host_is_read_without_its_port():
    read = {"a.b:80": "a.b", "[::1]:80": "::1", "A.B.": "a.b", "": ""}
    assert {host: hosts.name_of(host) for host in read} == read


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("10.2.3.4", 200), ("::1", 200), ("::ffff:10.0.0.1", 200), ("203.0.113.9", 403), ("", 403)],
)
def test_metrics_are_for_private_networks_while_no_token_is_set(app: Flask, address: str, status: int):
    assert browser(app).get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == status


@pytest.mark.parametrize(
    ("said", "status"),
    [("Bearer a-token", 200), ("Bearer a-toke", 403), ("a-token", 403), ("Bearer é", 403), ("", 403)],
)
def test_a_token_of_the_setting_opens_metrics_from_everywhere_and_nothing_else_does(
    app: Flask, configured: Callable[..., None], said: str, status: int
):
    configured(metrics_token=SecretStr("a-token"))
    for address in ("127.0.0.1", "203.0.113.9"):
        answer = browser(app).get("/metrics", headers={"Authorization": said}, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == status


def test_networks_that_are_none_are_refused_at_the_start():
    with pytest.raises(ValidationError, match="networks such as"):
        Settings(environment="testing", metrics_networks=["10.0.0.1/8x"])


def guess(client: Browser, count: int, path: str = "/join/no-such-{}") -> list[int]:
    """Open links that lead nowhere."""
    return [client.get(path.format(at)).status_code for at in range(count)]


@pytest.mark.parametrize("path", ["/join/no-such-{}", "/join/no-such-{}/wait", "/join/no-such-{}/"])
def test_whoever_guesses_links_is_refused_also_with_the_right_one(
    app: Flask, configured: Callable[..., None], installation: Installation, path: str
):
    room = installation.room()
    configured(unknown_link_limit="5 per minute")
    client = browser(app)
    assert client.get(f"/join/{room.slug}").status_code == 200
    assert guess(client, 7, path) == [404] * 5 + [429] * 2
    assert client.get(f"/join/{room.slug}").status_code == 429
    limiter.reset()
    assert client.get(f"/join/{room.slug}").status_code == 200


def test_links_that_lead_somewhere_are_not_counted_however_many_open_them(
    app: Flask, configured: Callable[..., None], installation: Installation
):
    room = installation.room()
    configured(unknown_link_limit="2 per minute")
    assert {browser(app).get(f"/join/{room.slug}").status_code for _ in range(10)} == {200}


def test_people_behind_a_guessers_address_who_wait_or_are_signed_in_go_on(
    app: Flask, configured: Callable[..., None], installation: Installation, client_as: Callable[[str], Browser]
):
    room = installation.room()
    configured(unknown_link_limit="2 per minute")
    waiting, signed_in = browser(app), client_as("stranger")
    waiting.post(f"/join/{room.slug}", data={"name": "Lotte"})
    assert guess(browser(app), 4)[-1] == 429
    assert waiting.get(f"/join/{room.slug}/wait").status_code == 200
    assert signed_in.get(f"/join/{room.slug}").status_code in {200, 303}
