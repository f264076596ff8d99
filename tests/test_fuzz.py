"""Made-up requests and hooks, the same in every run: whatever comes, the answer is not an error of ours.

`tests/accounts/test_provider_transport.py` does the same with what the provider answers.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.estate import furnish
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser
from webapp.core import strict_json
from webapp.core.db import db
from webapp.core.masking import impersonal
from webapp.core.security import limiter
from webapp.deliveries.models import Delivery
from webapp.deliveries.redaction import redact
from webapp.rooms.models import OldSlug, Room

SEED = 20261130
ROUNDS = 3  # draws for each route
HOOKS = 150
BROKEN = {500, 503}
NAMES = [
    *("q", "find", "older", "newer", "before", "after", "v", "next", "show", "kind", "severity", "span", "verdict"),
    *(
        "endpoint",
        "_method",
        "_external",
        "_scheme",
        "_anchor",
        "method",
        "values",
        "self",
        "slug",
        "run_id",
        "room_id",
    ),
    *(
        "room",
        "trunk",
        "caller",
        "event",
        "result",
        "language",
        "name",
        "reason",
        "pin",
        "number",
        "to",
        "from",
        "seen",
    ),
    *("text", "pasted", "log", "version", "role", "email", "filter", "level", "comparing", "past", "state", "code"),
]
VALUES = [
    *("", "y", "-1", "9" * 30, "٣", "a" * 3000, "//x", "javascript:1", "GET", "x:y", "0-0~9999999999999", "1-1~²"),
    *("1-1~999999999999", "%", "{}", "[", "{" * 500, '{"a":"\\ud800"}', '{"nameRoom": "\\udc00"}', "a\nb\r\nc: d"),
    *("2026-11-30", "9999-12-31T23:59:59", "00000000-0000-0000-0000-000000000000", "\u202e", "\U0001f4de", "\ufdd0"),
]
RAW = ["%ED%A0%80", "%FF%FE", "%C3", "%00", "%u0041", "%", "%%%", "&&&=", "a=b;c=d", "[]=1", "a[b]=c", "=", "?"]
HEADERS: list[dict[str, str]] = [
    {},
    SWAP,
    {**SWAP, "HX-History-Restore-Request": "true"},
    {**SWAP, "HX-Target": "\x80", "HX-Current-URL": "http://[", "HX-Trigger": "x" * 2000},
    {"Accept-Language": "x-" * 500, "Accept": "*/*;q=2,,;"},
    {"Range": "bytes=9-1,-,a", "If-Modified-Since": "yesterday", "If-None-Match": "\x80"},
    {"Content-Type": "application/json", "Referer": "http://[::1"},
    {"Content-Type": "multipart/form-data; boundary="},
    {"User-Agent": "\x80" * 400, "X-Forwarded-For": "a, b", "Cookie": "frontdesk=.eJ; a; =; session=\x80"},
]


def drawn_query(draw: random.Random) -> str:
    """A query string of known and unknown names."""
    pairs = [f"{draw.choice(NAMES)}={quote(draw.choice(VALUES))}" for _ in range(draw.randrange(1, 5))]
    return "&".join([*pairs, *draw.choices(RAW, k=draw.randrange(2))])


def failure(ask: Callable[[], Any]) -> str:
    """What went wrong, or nothing."""
    try:
        answer = ask()
        answer.get_data()
        answer.close()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return f"status {answer.status_code}" if answer.status_code in BROKEN else ""


def test_made_up_queries_forms_and_headers_break_no_route(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit
):
    draw, broken = random.Random(SEED), []
    estate = furnish(livekit)
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: ("delete" in rule.endpoint, rule.rule))
    asked = [(rule, method) for rule in rules for method in sorted(rule.methods & {"GET", "POST"})]
    for rule, method in sorted(asked, key=lambda each: each[1]):
        for _ in range(ROUNDS):
            query, form, headers = drawn_query(draw), drawn_query(draw), draw.choice(HEADERS)
            limiter.reset()
            body = {"data": form, "content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
            body |= {"content_type": headers["Content-Type"]} if "Content-Type" in headers else {}
            browser, url = client_as("admin"), f"{estate.url(app, rule)}?{query}"
            said = failure(lambda: browser.open(url, method=method, headers=headers, **body))  # noqa: B023 - at once
            broken += [f"{method} {rule.endpoint} {query} {form} {headers}: {said}"] if said else []
    assert broken == []


def test_the_queries_that_url_building_has_names_for_are_ordinary_queries(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit
):
    estate, admin = furnish(livekit), client_as("admin")
    names = "endpoint=x&_method=PUT&_external=1&_scheme=gopher&_anchor=y&slug=z&run_id=1&v=1-1~999999999999"
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods:
            for headers in ({}, SWAP):
                limiter.reset()
                url = f"{estate.url(app, rule)}?{names}"
                assert failure(lambda: admin.get(url, headers=headers)) == "", (url, headers)  # noqa: B023 - at once
                admin = client_as("admin")


def test_an_old_link_leads_on_with_its_query_whatever_that_is_called(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit
):
    furnish(livekit)
    room = db.session.scalars(sa.select(Room).where(Room.slug == "hcm-rxqt-bdw")).one()
    db.session.add(OldSlug(slug="old-link-abc", room_id=room.id))
    db.session.commit()
    answer = client_as("owner").get("/rooms/old-link-abc/?endpoint=x&_method=y&q=1")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/rooms/hcm-rxqt-bdw/?endpoint=x&_method=y&q=1"


EVENTS = ["participant_joined", "participant_left", "track_published", "room_started", "room_finished", "egress_ended"]


def hook(draw: random.Random, name: str) -> Any:
    """An event as LiveKit sends them, spoilt in a few places."""
    event: dict[str, Any] = {
        "event": draw.choice(
            [
                "participant_joined",
                "participant_left",
                "track_published",
                "room_started",
                "room_finished",
                "egress_ended",
            ]
        ),
        "id": f"EV_{draw.random()}",
        "createdAt": "1796000000",
        "room": {"sid": "RM_1", "name": name, "creationTime": "1796000000", "numParticipants": 1},
        "participant": {
            "sid": "PA_1",
            "identity": "sip_+15551234567",
            "name": "Phone",
            "kind": "SIP",
            "joinedAt": "1796000000",
            "attributes": {"sip.callID": "SCL_1", "sip.phoneNumber": "+15551234567", "sip.trunkID": "ST_1"},
        },
        "track": {"sid": "TR_1", "type": "AUDIO", "source": "MICROPHONE"},
        "egressInfo": {
            "egressId": "EG_1",
            "roomName": name,
            "status": "EGRESS_COMPLETE",
            "fileResults": [{"size": "1"}],
        },
    }
    for _ in range(draw.randrange(1, 4)):
        part = draw.choice([event, event, *[each for each in event.values() if isinstance(each, dict)]])
        if part:
            part[draw.choice(sorted(part))] = draw.choice(ODD_JSON)
    return event


ODD_JSON: list[Any] = [
    *(None, True, False, 0, -1, 2**80, 1e308, float("nan"), float("inf"), "", "\0", "\ud800", "x" * 2000, "\udfff"),
    *([], {}, [[]], {"a": {}}, [None], {"": None}, {"\ud800": 1}, "99999999999999999999", "-1", [{"filename": 7}]),
]


def post(client: Browser, livekit: LiveKit, raw: bytes) -> Any:
    """A hook with this body, signed."""
    return client.post("/hooks/livekit", data=raw, headers=livekit.signed(raw))


def test_made_up_hooks_are_taken_or_refused_and_nothing_else(app: Flask, client: Browser, livekit: LiveKit):
    draw = random.Random(SEED)
    furnish(livekit)
    room = db.session.scalars(sa.select(Room).where(Room.slug == "hcm-rxqt-bdw")).one()
    for _ in range(HOOKS):
        raw = json.dumps(hook(draw, str(room.id))).encode()
        limiter.reset()
        answer = post(client, livekit, raw)
        assert answer.status_code in {200, 400}, raw
        answer.close()
        db.session.rollback()


@pytest.mark.parametrize(
    "body",
    [
        '{"event": "room_started", "createdAt": NaN}',
        '{"event": "room_started", "room": {"numParticipants": -Infinity}}',
        '{"event": "room_started", "room": {"name": "\\ud800"}}',
        '{"event": "room_started", "\\udc00": 1}',
        '{"event": "participant_joined", "participant": {"attributes": {"sip.callID": 7}}}',
        '{"event": "participant_joined", "participant": {"attributes": {"sip.callID": {"a": 1}}}}',
        '{"event": "participant_joined", "participant": {"identity": ["sip_1"]}}',
        '{"event": {"a": 1}}',
        '{"event": "room_started", "room": ' + "[" * 400 + "]" * 400 + "}",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"event": ' + "9" * 5000 + "}",
    ],
    ids=lambda body: body[:60],
)
def test_a_signed_hook_that_livekit_could_not_have_written_is_400_and_leaves_no_row(
    client: Browser, livekit: LiveKit, body: str
):
    assert post(client, livekit, body.encode()).status_code == 400
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 0


PIECES = [
    "1----",
    "1",
    "1-",
    "a",
    "a@",
    '"',
    '"a',
    "(",
    "\\",
    "\\ud800",
    "é",
    "+1 ",
    "{",
    "[",
    '{"a":',
    "<",
    ".",
    "12345678-1234-",
]


def seconds(work: Callable[[], object]) -> float:
    """Of computing, not of waiting for a busy machine."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def costs_little(work: Callable[[], object]) -> bool:
    """A fifth of a second in one of three tries: the first may have to compile, and processors shared slow down."""
    return any(seconds(work) < 0.2 for _ in range(3))


@pytest.mark.parametrize("piece", PIECES)
def test_hiding_numbers_and_redaction_take_a_hundred_kilobytes_in_a_fifth_of_a_second(piece: str):
    text = (piece * 100_000)[:100_000]
    event = {"event": text, "participant": {"identity": text, "attributes": {"sip.callID": text}}}
    for work in (lambda: impersonal(text), lambda: redact(event), lambda: strict_json_or_not(text)):
        assert costs_little(work)


def strict_json_or_not(text: str) -> None:
    """Read it, whatever comes of that."""
    try:
        strict_json.parse(text)
    except ValueError:
        return


@pytest.mark.parametrize("piece", [*PIECES, "/", "%2f", ";", "=", "&a", ",", "en-", "..", "://"])
def test_no_bad_request_of_eight_kilobytes_costs_much(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit, piece: str
):
    text = (piece * 8000)[:8000]
    admin = client_as("support")
    signed = livekit.signed(b"{}")
    asked: dict[str, Callable[[], Any]] = {
        "path": lambda: admin.get("/" + quote(text, safe="/%")),
        "slug": lambda: admin.get("/join/" + quote(text, safe="")),
        "search": lambda: admin.get("/rooms/", query_string={"q": text}),
        "query": lambda: admin.get("/rooms/?" + quote(text, safe="=&;/%")),
        "next": lambda: admin.get("/sign-in", query_string={"next": "/" + text}),
        "form": lambda: admin.post("/language", data={"language": text, "next": text}),
        "hook": lambda: admin.post("/hooks/livekit", data=b"{}", headers={**signed, "Authorization": quote(text)}),
        "language": lambda: admin.get("/account/", headers={"Accept-Language": quote(text, safe=",;=-")}),
        "cookie": lambda: app.test_client().get("/healthz", headers={"Cookie": quote(text, safe=',;=-"\\')}),
        "trace": lambda: admin.post("/telephony/explain/log", data={"text": text, "log": text}),
    }
    for name, request in asked.items():
        assert costs_little(request), name
