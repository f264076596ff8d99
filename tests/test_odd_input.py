"""Whatever is typed into an address or a form, no endpoint answers with an error of ours: the test walks them all."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

from tests.support.estate import furnish
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp.core.security import limiter

ODD = {
    "nothing": "",
    "nul": "a\x00b",
    "control characters": "\x01\x1b[31m\x7f",
    "right to left": "\u202egnp.exe",
    "a half letter": "\ufffd\u0301",
    "digits of another script": "٣٢²",
    "a huge number": "9" * 40,
    "a negative number": "-1",
    "no date": "2026-99-99",
    "a far date": "9999-12-31",
    "markup": '"><script>alert(1)</script>{{ 7*7 }}',
    "patterns": "%_\\'; DROP TABLE rooms; --",
    "very long": "x" * 20_000,
    "an address of another site": "//evil.example/\\",
}
UNSPOILT = {"csrf_token"}  # without it the request would go no further


class Spoilt(ImmutableMultiDict[str, str]):
    """Fields in which every name is there, and holds the odd value."""

    value = ""

    def __contains__(self, name: object) -> bool:
        return name not in UNSPOILT

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def get(self, name: str, default: Any = None, type: Callable[[str], Any] | None = None) -> Any:
        if name in UNSPOILT:
            return default
        try:
            return type(self.value) if type else self.value
        except (ValueError, TypeError):
            return default

    def items(self, multi: bool = False) -> Iterator[tuple[str, str]]:  # type: ignore[override]
        yield ("any", self.value)

    def getlist(self, name: str, type: Any = None) -> list[str]:
        return [] if name in UNSPOILT else [self.value]


@pytest.fixture
def spoil(app: Flask) -> Iterator[Callable[[str], None]]:
    """Make every query and every form of the app hold one value under every name."""
    before = app.request_class

    class SpoiltRequest(before):  # type: ignore[valid-type,misc]
        parameter_storage_class = Spoilt

    def begin(value: str) -> None:
        Spoilt.value = value
        app.request_class = SpoiltRequest

    yield begin
    app.request_class = before


def requests_of(app: Flask) -> list[tuple[str, Rule]]:
    """Every endpoint with each of its methods, those that delete something last."""
    pairs = [(method, rule) for rule in app.url_map.iter_rules() for method in (rule.methods or set())]
    asked = [(method, rule) for method, rule in pairs if method not in {"OPTIONS", "HEAD"}]
    return sorted(asked, key=lambda pair: (pair[0] == "POST", "delete" in pair[1].endpoint, pair[1].endpoint))


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_value_in_every_field_breaks_no_endpoint(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit, spoil: Callable[[str], None], kind: str
):
    broken = []
    estate = furnish(livekit)
    admin = client_as("admin")
    spoil(ODD[kind])
    for method, rule in requests_of(app):
        limiter.reset()
        admin = admin if method == "GET" else client_as("admin")  # some requests sign one out
        failure = _failure(admin, method, estate.url(app, rule))
        broken += [f"{method} {rule.endpoint}: {failure}"] if failure else []
    assert broken == []


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_value_in_every_address_breaks_no_endpoint(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit, kind: str
):
    broken = []
    estate = furnish(livekit)
    for method, rule in requests_of(app):
        texts = {name: ODD[kind] or "-" for name, part in rule._converters.items() if not part.regex.startswith("[A-")}
        numbers = {name: 10**40 for name in texts if name == "delivery_id" or rule._converters[name].regex == r"\d+"}
        if texts:
            limiter.reset()
            failure = _failure(client_as("admin"), method, estate.url(app, rule, **(texts | numbers)))
            broken += [f"{method} {rule.endpoint}: {failure}"] if failure else []
    assert broken == []


def _failure(browser: Browser, method: str, url: str) -> str:
    """What went wrong, or nothing; LiveKit's refusal, told as a page, is nothing of ours."""
    try:
        answer = browser.open(url, method=method)
        answer.get_data()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return f"status {answer.status_code}" if answer.status_code in {500, 503} else ""
