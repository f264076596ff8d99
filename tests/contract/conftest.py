"""The server under contract: the one the environment names, or a simulator of our own; it is left as it was found."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.server import Server, unique_name, unique_number
from tests.plugins.receiver import Receiver, receiving

Info = dict[str, Any]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server that LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET name, or the simulator."""
    if not os.environ.get("LIVEKIT_URL"):
        livekit = request.getfixturevalue("livekit")
        return Server(livekit.url, livekit.key, livekit.secret)
    url = os.environ["LIVEKIT_URL"].rstrip("/")
    url = url.replace("ws", "http", 1) if url.startswith("ws") else url
    return Server(url, os.environ["LIVEKIT_API_KEY"], os.environ["LIVEKIT_API_SECRET"])


@pytest.fixture
def make_trunk(server: Server) -> Iterator[Callable[..., Info]]:
    """Create inbound trunks, on a number of their own unless told, that are gone after the test."""
    made: list[str] = []

    def make(**fields: Any) -> Info:
        trunk = {"name": "frontdesk contract", "numbers": [unique_number()], **fields}
        answer = server.sip("CreateSIPInboundTrunk", {"trunk": trunk})
        assert answer.status == 200, answer
        made.append(answer.body["sip_trunk_id"])
        return dict(answer.body)

    yield make
    for trunk_id in made:
        server.sip("DeleteSIPTrunk", {"sip_trunk_id": trunk_id})


@pytest.fixture
def make_room(server: Server) -> Iterator[Callable[..., Info]]:
    """Create rooms that are gone after the test."""
    made: list[str] = []

    def make(**fields: Any) -> Info:
        answer = server.rooms("CreateRoom", {"name": unique_name(), **fields})
        assert answer.status == 200, answer
        made.append(answer.body["name"])
        return dict(answer.body)

    yield make
    for name in made:
        server.rooms("DeleteRoom", {"room": name})


@pytest.fixture
def room(make_room: Callable[..., Info]) -> str:
    """The name of an empty room of our own."""
    return str(make_room(empty_timeout=60)["name"])


@pytest.fixture
def person(request: pytest.FixtureRequest, room: str) -> Info:
    """Somebody who speaks in the room; a foreign server has no control API to join by."""
    if os.environ.get("LIVEKIT_URL"):
        pytest.skip("NOT TESTED against a foreign server: joining needs a media client")
    livekit = request.getfixturevalue("livekit")
    return dict(livekit.join(room, "speaker", name="Speaker", publish=["microphone"]))


@pytest.fixture
def hooks(request: pytest.FixtureRequest, server: Server) -> Iterator[Receiver]:
    """What receives the server's webhooks: on WEBHOOK_PORT, to which a foreign server must be told to send them."""
    foreign, port = os.environ.get("LIVEKIT_URL"), int(os.environ.get("WEBHOOK_PORT") or 0)
    if foreign and not port:
        pytest.skip("NOT TESTED: give WEBHOOK_PORT, and let the server send its webhooks there")
    with receiving(port) as receiver:
        if not foreign:
            request.getfixturevalue("livekit").hooks_to(receiver.url)
        yield receiver


@pytest.fixture
def make_rule(server: Server) -> Iterator[Callable[..., Info]]:
    """Create dispatch rules on a trunk that are gone after the test; never one without a trunk."""
    made: list[str] = []

    def make(trunk: Info, **fields: Any) -> Info:
        answer = server.sip("CreateSIPDispatchRule", {"dispatch_rule": rule_on(trunk, **fields)})
        assert answer.status == 200, answer
        made.append(answer.body["sip_dispatch_rule_id"])
        return dict(answer.body)

    yield make
    for rule_id in made:
        server.sip("DeleteSIPDispatchRule", {"sip_dispatch_rule_id": rule_id})


def rule_on(trunk: Info, *, pin: str = "", room: str = "contract", **fields: Any) -> Info:
    """A Direct rule on a trunk."""
    direct = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
    return {"name": "frontdesk contract", "trunk_ids": [trunk["sip_trunk_id"]], "rule": direct, **fields}
