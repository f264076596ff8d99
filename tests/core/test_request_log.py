"""Each request has an id, is one line, and is counted: by names of our own code, and by nothing that was sent."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from flask import Flask
from prometheus_client import REGISTRY

from tests.support.database import LOCKED, failing
from tests.support.personas import SWAP, Browser, browser
from tests.support.waiting import until
from tests.support.written import written
from webapp import create_app
from webapp.core import background, questions, request_log
from webapp.core.config import Settings
from webapp.core.db import db

ID = re.compile(r"[0-9a-f]{16}")
HEADER = "X-Request-ID"


@contextmanager
def app_with(settings: Settings, **changed: Any) -> Iterator[Flask]:
    """Another app on the same database."""
    app = create_app(settings.model_copy(update=changed))
    with app.app_context():
        yield app
        db.dispose()


def count(endpoint: str, method: str, status: str) -> float:
    labels = {"endpoint": endpoint, "method": method, "status": status}
    return REGISTRY.get_sample_value("frontdesk_requests_total", labels) or 0


def of_requests(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == "request"]


def test_each_answer_bears_an_id_of_its_own(client: Browser):
    ids = [client.get(path).headers[HEADER] for path in ("/healthz", "/login", "/rooms/", "/no-such-page")]
    assert all(ID.fullmatch(each) for each in ids) and len(set(ids)) == len(ids)


@pytest.mark.parametrize("given", ["8f3a-e0b1-7c", "a" * 64, "1234567x"])
def test_a_well_formed_id_is_taken_from_the_proxy_that_the_settings_name(settings: Settings, given: str):
    with app_with(settings, proxy_count=1) as app:
        assert browser(app).get("/healthz", headers={HEADER: given}).headers[HEADER] == given


@pytest.mark.parametrize("given", ["short", "a" * 65, "with blanks in it", "<script>abc", "0033186990000", "é" * 9, ""])
def test_an_id_that_is_not_well_formed_or_may_be_a_telephone_number_is_replaced(settings: Settings, given: str):
    with app_with(settings, proxy_count=1) as app:
        assert ID.fullmatch(browser(app).get("/healthz", headers={HEADER: given}).headers[HEADER])


def test_where_no_proxy_is_named_nobody_chooses_the_id(client: Browser):
    assert client.get("/healthz", headers={HEADER: "8f3a-e0b1-7c"}).headers[HEADER] != "8f3a-e0b1-7c"


def test_a_request_is_one_line_that_names_what_answered_and_not_what_was_asked(client_as: Callable[[str], Browser]):
    owner = client_as("owner")
    with written() as lines:
        answer = owner.get("/rooms/?q=Prendergast&caller=%2B33612345678")
        owner.get("/rooms/hcm-rxqt-bdw/")
        told = of_requests(lines())
    first, second = told
    assert first.pop("seconds") >= 0 and first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "endpoint": "rooms.index",
        "status": 200,
        "request": answer.headers[HEADER],
    }
    assert (second["endpoint"], second["status"]) == ("rooms.show", 404)
    assert not any(word in str(told) for word in ("Prendergast", "33612345678", "hcm-rxqt-bdw", "/rooms"))


def test_probes_are_lines_only_where_more_is_asked_for(client: Browser):
    for level, expected in (("info", 0), ("debug", 3)):
        with written(level) as lines:
            for path in ("/healthz", "/readyz", "/metrics"):
                client.get(path)
            assert len(of_requests(lines())) == expected


def test_every_line_that_is_logged_for_a_request_names_it_and_none_that_is_logged_after_it(client: Browser):
    with written() as lines:
        with failing("rooms", LOCKED):
            answer = client.get("/join/hcm-rxqt-bdw")
        structlog.get_logger().info("later")
        told = {line["event"]: line.get("request") for line in lines()}
    assert answer.status_code == 503
    mine = answer.headers[HEADER]
    assert told == {"database.unavailable": mine, "request": mine, "later": None}


def test_work_that_goes_on_in_other_threads_names_the_request_that_began_it(app: Flask):
    before = app.extensions[background.EXTENSION]
    app.extensions[background.EXTENSION] = background.Threads("test")
    with written() as lines:
        try:
            with request_log.belonging_to("8f3ae0b1"):
                background.run(lambda: structlog.get_logger().info("after_the_answer"))
                questions.ask(lambda: structlog.get_logger().info("beside_it"))
            background.run(lambda: structlog.get_logger().info("of_no_request"))
            until(lambda: len(lines()) == 3)
            told = {line["event"]: line.get("request") for line in lines()}
        finally:
            app.extensions[background.EXTENSION] = before
    assert told == {"after_the_answer": "8f3ae0b1", "beside_it": "8f3ae0b1", "of_no_request": None}


def test_an_error_page_shows_the_id_to_copy_and_an_alert_and_a_hook_s_answer_have_it_too(client: Browser):
    with failing("rooms", LOCKED):
        page = client.get("/join/hcm-rxqt-bdw")
        alert = client.get("/join/hcm-rxqt-bdw", headers=SWAP)
    assert re.search(
        rf'<code id="request-id">{page.headers[HEADER]}</code>\s*<button[^>]*data-copy="request-id"', page.text
    )
    assert f"Request {alert.headers[HEADER]}" in alert.text
    missing = client.get("/no-such-page")
    assert f"Request {missing.headers[HEADER]}" in missing.text
    refused = client.post("/hooks/nobody", data=b"{}")
    assert refused.json is not None and refused.json["request"] == refused.headers[HEADER]


def test_a_bug_is_a_page_and_a_line_with_the_same_id(settings: Settings):
    with written(), app_with(settings, environment="development") as app:  # which sets up logs of its own
        app.view_functions["accounts.signed_out"] = lambda: {}["Walburga Prendergast"]
        with written() as lines:
            answer = browser(app).get("/signed-out")
            told = {line["event"]: line for line in lines()}
    assert answer.status_code == 500 and f'<code id="request-id">{answer.headers[HEADER]}</code>' in answer.text
    assert {each["request"] for each in told.values()} == {answer.headers[HEADER]}
    assert told["unhandled"]["endpoint"] == "accounts.signed_out" and told["request"]["status"] == 500
    assert "Walburga" not in str(told)


def test_requests_are_counted_by_what_answered_how_it_was_asked_and_the_class_of_the_answer(client: Browser):
    before = count("lobby.join", "GET", "4xx")
    seconds = REGISTRY.get_sample_value("frontdesk_request_seconds_count", {"endpoint": "lobby.join"}) or 0
    client.get("/join/aaa-bbbb-ccc")
    client.get("/join/ddd-eeee-fff")
    assert count("lobby.join", "GET", "4xx") == before + 2
    assert REGISTRY.get_sample_value("frontdesk_request_seconds_count", {"endpoint": "lobby.join"}) == seconds + 2


def test_whatever_is_asked_of_no_page_of_ours_is_counted_under_one_word(client: Browser):
    before = count("unknown", "GET", "4xx"), count("unknown", "unknown", "4xx")
    for path in ("/wp-login.php", "/+33612345678", "/.env"):
        client.get(path)
    client.open("/anything", method="BREW")
    assert (count("unknown", "GET", "4xx"), count("unknown", "unknown", "4xx")) == (before[0] + 3, before[1] + 1)
    assert not re.search("BREW|wp-login|33612345678", client.get("/metrics").text)


def test_a_request_whose_answer_failed_alquestions_is_a_line_and_counted(app: Flask):
    def fail(*_arguments: object) -> list[bytes]:
        raise RuntimeError

    observed = request_log._Observed(fail, behind_proxy=False)
    before = count("unknown", "GET", "5xx")
    with written() as lines, pytest.raises(RuntimeError):
        observed({"REQUEST_METHOD": "GET"}, lambda *_arguments: None)
    assert count("unknown", "GET", "5xx") == before + 1 and request_log.current() == ""
    assert lines()[-1]["status"] == 500
