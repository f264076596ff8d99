"""Whatever is sent, the simulated LiveKit answers as LiveKit does, and never with a failure of its own."""

import time
from typing import Any

import pytest
import requests

from simulator.app import SERVICES
from simulator.tokens import sign
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE

METHODS = [f"{service}/{method}" for service, methods in SERVICES.items() for method in methods]
MALFORMED = {"code": "malformed", "msg": "the json request could not be decoded"}
NO_MESSAGE = {
    "deep list": "[" * 50_000,
    "deep object": '{"a":' * 50_000,
    "byte order mark": b"\xef\xbb\xbf{}",
    "another encoding": "{}".encode("utf-16"),
    "not a number": "NaN",
    "more than one": "{} {}",
    "cut off": '{"room": "r',
    "no object": '"x"',
}


def ask(livekit: LiveKit, path: str, body: str | bytes, token: str = "") -> requests.Response:
    """Post any bytes as JSON, as one who may do everything in room `r`."""
    video = dict.fromkeys(("roomCreate", "roomList", "roomAdmin", "roomRecord", "ingressAdmin"), True)
    token = token or livekit.token({**video, "room": "r"}, sip={"admin": True, "call": True})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return livekit.session.post(f"{livekit.url}/twirp/{path}", data=body, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize("path", METHODS)
def test_what_is_no_message_is_malformed_to_every_method(livekit: LiveKit, path: str) -> None:
    for what, body in NO_MESSAGE.items():
        answer = ask(livekit, path, body)
        assert (answer.status_code, answer.json()) == (400, MALFORMED), what


@pytest.mark.parametrize(
    "body",
    [
        '{"emptyTimeout": 1, "empty_timeout": 1}',
        '{"name": "a", "name": "a"}',
        '{"empty_timeout": 1.5}',
        '{"empty_timeout": 99999999999}',
        '{"name": "\\ud800"}',
    ],
)
def test_a_field_said_twice_or_out_of_its_range_is_malformed(livekit: LiveKit, body: str) -> None:
    assert ask(livekit, "livekit.RoomService/CreateRoom", body).json() == MALFORMED


def test_a_rule_of_two_kinds_is_malformed_and_unknown_names_are_passed_over(livekit: LiveKit) -> None:
    path = "livekit.SIP/CreateSIPDispatchRule"
    two = '{"rule": {"dispatchRuleDirect": {"roomName": "r"}, "dispatch_rule_individual": {"room_prefix": "p"}}}'
    assert ask(livekit, path, two).json() == MALFORMED
    new = '{"rule": {"dispatchRuleDirect": {"roomName": "r", "newer": 1}}, "mediaEncryption": "NOBODY_KNOWS"}'
    assert ask(livekit, path, new).json()["rule"]["dispatch_rule_direct"] == {"room_name": "r", "pin": ""}


def test_an_error_escapes_angle_brackets_as_go_does(livekit: LiveKit) -> None:
    body = '{"trunk": {"numbers": ["+999"]}}'
    assert ask(livekit, "livekit.SIP/CreateSIPInboundTrunk", body).status_code == 200
    assert r"\"\u003cnew\u003e\"" in ask(livekit, "livekit.SIP/CreateSIPInboundTrunk", body).text


@pytest.mark.parametrize(
    "claims", [{"video": "x"}, {"sip": 5}, {"exp": "soon"}, {"nbf": "x"}, {"attributes": [1]}, {"sub": 5}, {"name": {}}]
)
def test_a_claim_of_the_wrong_kind_is_a_refused_token(livekit: LiveKit, claims: dict[str, Any]) -> None:
    token = sign({"iss": livekit.key, "exp": time.time() + 60, **claims}, livekit.secret)
    answer = ask(livekit, "livekit.RoomService/ListRooms", "{}", token)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (401, "text/plain")


@pytest.mark.parametrize("claims", [{}, {"video": None, "exp": None}, {"video": {"roomList": "yes"}}, {"video": {}}])
def test_a_token_that_says_nothing_allows_nothing(livekit: LiveKit, claims: dict[str, Any]) -> None:
    token = sign({"iss": livekit.key, **claims}, livekit.secret)
    answer = ask(livekit, "livekit.RoomService/ListRooms", "{}", token)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_an_unknown_preset_makes_no_room(livekit: LiveKit) -> None:
    answer = ask(livekit, "livekit.RoomService/CreateRoom", '{"name": "x", "roomPreset": "nobody knows"}')
    assert answer.json()["msg"] == "twirp error unknown: unknown room configuration in create room request"
    assert livekit.rooms() == []
