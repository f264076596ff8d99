"""Error pages, made on purpose with canaries in the address, the form, cookies and headers: none repeats them."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.privacy.bodies import ADDRESS, NUMBER, PIN, REASON
from tests.privacy.canaries import TEXTS
from tests.privacy.planted import Planted
from tests.privacy.walk import logged
from tests.support.database import LOCKED, failing
from tests.support.personas import SWAP, Browser, browser
from webapp import create_app
from webapp.core.config import Settings
from webapp.core.db import db

QUERY = f"?q={REASON}&email={ADDRESS}&number=%2B{NUMBER[1:]}&pin={PIN}"
FORM = {"reason": REASON, "email": ADDRESS, "number": NUMBER, "pin": PIN, "name": TEXTS["typed.name"]}
HEADERS = {
    "Referer": f"http://localhost/{TEXTS['typed.path']}",
    "User-Agent": TEXTS["typed.header"],
    "X-Request-ID": PIN,
}
Made = Callable[[Planted, Browser, dict[str, str]], TestResponse]


def _send(client: Browser, path: str, headers: dict[str, str], **more: Any) -> TestResponse:
    return client.open(path + QUERY, headers=HEADERS | headers, **more)


def _room(planted: Planted, rest: str = "") -> str:
    return f"/rooms/{planted.rooms['here'].slug}/{rest}"


def _without_token(planted: Planted, client: Browser, headers: dict[str, str]) -> TestResponse:
    client.csrf = False
    return _send(client, _room(planted, "pin"), headers, method="POST", data=FORM)


def _too_large(planted: Planted, client: Browser, headers: dict[str, str]) -> TestResponse:
    large = FORM | {"name": TEXTS["typed.name"] * planted.app.config["MAX_CONTENT_LENGTH"]}
    return _send(client, _room(planted, "edit"), headers, method="POST", data=large)


def _too_often(planted: Planted, client: Browser, headers: dict[str, str]) -> TestResponse:
    for _ in range(61):
        answer = _send(client, "/rooms/new/link", headers)
    return answer


def _livekit_away(planted: Planted, client: Browser, headers: dict[str, str]) -> TestResponse:
    planted.livekit.go_away()
    answer = _send(client, _room(planted, "inside/remove"), headers, method="POST", data=FORM)
    planted.livekit.heal()
    return answer


def _database_locked(planted: Planted, client: Browser, headers: dict[str, str]) -> TestResponse:
    path = _room(planted)
    with failing("FROM rooms", LOCKED):
        return _send(client, path, headers)


MADE: dict[str, Made] = {
    "400 no token": _without_token,
    "400 other host": lambda planted, client, headers: _send(
        client, "/", headers, base_url=f"http://{TEXTS['typed.header']}.example"
    ),
    "403 not mine": lambda planted, client, headers: _send(client, "/audit/log", headers),
    "404 nothing": lambda planted, client, headers: _send(client, f"/{TEXTS['typed.path']}/{NUMBER}", headers),
    "404 no room": lambda planted, client, headers: _send(client, f"/rooms/{TEXTS['typed.path']}/", headers),
    "404 no link": lambda planted, client, headers: _send(client, f"/join/{TEXTS['typed.path']}", headers),
    "405 no such verb": lambda planted, client, headers: _send(client, "/account/", headers, method="DELETE"),
    "409 gone": lambda planted, client, headers: _send(
        client, _room(planted, "inside/remove"), headers, method="POST", data=FORM | {"sid": REASON}
    ),
    "413 too large": _too_large,
    "429 too often": _too_often,
    "502 LiveKit is away": _livekit_away,
    "503 the database is locked": _database_locked,
}
# The form for the language leads back to the path that one is at, without what was asked there.
OWN_PATH = {"404 nothing": {"typed.path", "typed.number"}, "404 no room": {"typed.path"}, "404 no link": {"typed.path"}}


@pytest.mark.parametrize("headers", [{}, SWAP], ids=["page", "fragment"])
@pytest.mark.parametrize("error", MADE)
def test_an_error_repeats_nothing_of_what_was_sent_and_shows_nobody(
    planted: Planted, change_settings: Callable[..., None], error: str, headers: dict[str, str]
):
    change_settings(livekit_timeout=2)
    client = planted.fresh("owner")
    client.set_cookie("other", TEXTS["typed.cookie"])
    assert isinstance(client, Browser)
    with logged() as log:
        answer = MADE[error](planted, client, headers)
    assert answer.status_code == int(error[:3])
    shown = planted.canaries.within(answer.data)
    assert set(shown) <= OWN_PATH.get(error, set()), shown
    assert planted.canaries.within(log.getvalue()) == {}
    for name, value in answer.headers:
        found = planted.canaries.within(value)
        assert set(found) <= ({"session.owner"} if name == "Set-Cookie" else set()), (name, found)


@pytest.mark.parametrize("headers", [{}, SWAP], ids=["page", "fragment"])
def test_a_bug_shows_nothing_of_its_exception(planted: Planted, settings: Settings, headers: dict[str, str]):
    with logged():  # it sets up logs of its own
        app = create_app(settings.model_copy(update={"environment": "development"}))
    with app.app_context():
        app.view_functions["accounts.signed_out"] = lambda: {}[f"{REASON} {ADDRESS} {NUMBER} {PIN}"]
        with logged() as log:
            answer = _send(browser(app), "/signed-out", headers)
        db.dispose()
    assert answer.status_code == 500 and '"unhandled"' in log.getvalue()
    told = [answer.data, log.getvalue(), *(f"{name}: {value}" for name, value in answer.headers)]
    assert [planted.canaries.within(content) for content in told] == [{}] * len(told)
