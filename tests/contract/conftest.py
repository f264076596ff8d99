"""The server under contract: the one the environment names, or a simulator of our own; it is left as it was found."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from livekit.api import AccessToken, SIPGrants, VideoGrants

from tests.contract import media
from tests.plugins.receiver import Receiver, receiving
from tests.support.contract import Info, Server, nobodys_track, rule_on, unique_name, unique_number
from tests.support.waiting import until

HOOK_SECONDS = 10


@pytest.fixture(scope="session")
def foreign() -> Server | None:
    """The server that LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET name, or None; ends the run if it is none."""
    url = os.environ.get("LIVEKIT_URL", "").rstrip("/")
    if not url:
        return None
    url = f"http{url.removeprefix('ws')}" if url.startswith("ws") else url
    key, secret = (os.environ.get(name, "") for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
    if not key or not secret:
        pytest.exit("LIVEKIT_URL needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET beside it", returncode=4)
    server = Server(url, key, secret)
    try:
        status = server.rooms("ListRooms", {"names": [unique_name()]}).status
    except requests.RequestException as error:
        pytest.exit(f"No LiveKit answers at {url} ({type(error).__name__})", returncode=4)
    if status != 200:
        pytest.exit(f"LiveKit at {url} answers {status} to a token of LIVEKIT_API_KEY", returncode=4)
    return server


@pytest.fixture(scope="session")
def foreign_redis(foreign: Server | None) -> bool:
    """Whether the foreign server has Redis; without it LiveKit has no SIP and lists no egress."""
    token = foreign.token(sip=SIPGrants(admin=True)) if foreign else ""
    answer = foreign.post("livekit.SIP/ListSIPInboundTrunk", {"trunk_ids": ["ST_none"]}, token) if foreign else None
    return answer is None or answer.status == 200


@pytest.fixture
def server(request: pytest.FixtureRequest, foreign: Server | None) -> Iterator[Server]:
    """The server under contract, without what the test made there once it is over."""
    if foreign is None:
        livekit = request.getfixturevalue("livekit")
        yield Server(livekit.url, livekit.key, livekit.secret)
        return
    yield foreign
    left = foreign.clean()
    assert not left, f"left behind on the server, to be taken away by hand: {', '.join(left)}"


@pytest.fixture
def with_redis(foreign_redis: bool) -> None:
    """A server with Redis."""
    if not foreign_redis:
        pytest.skip("NOT TESTED: this server has no Redis, so neither SIP nor a list of egresses")


@pytest.fixture
def without_redis(request: pytest.FixtureRequest, foreign: Server | None, foreign_redis: bool) -> None:
    """A server without Redis; the simulator can be one."""
    if foreign is None:
        request.getfixturevalue("livekit").switch(redis=False)
    elif foreign_redis:
        pytest.skip("NOT TESTED: this server has Redis")


@pytest.fixture
def make_trunk(server: Server) -> Callable[..., Info]:
    """Create inbound trunks, on a number of their own unless told."""

    def make(**fields: Any) -> Info:
        trunk = {"name": "frontdesk contract", "numbers": [unique_number()], **fields}
        answer = server.sip("CreateSIPInboundTrunk", {"trunk": trunk})
        assert answer.status == 200, answer
        return dict(answer.body)

    return make


@pytest.fixture
def make_room(server: Server) -> Callable[..., Info]:
    """Create rooms."""

    def make(**fields: Any) -> Info:
        answer = server.rooms("CreateRoom", {"name": unique_name(), **fields})
        assert answer.status == 200, answer
        return dict(answer.body)

    return make


@pytest.fixture
def make_rule(server: Server) -> Callable[..., Info]:
    """Create dispatch rules on a trunk, never one without.

    In the nested form, to which LiveKit compares all rules: a conflicting pair that others left on a shared server
    refuses it, and the failure then names their rule.
    """

    def make(trunk: Info, **fields: Any) -> Info:
        answer = server.sip("CreateSIPDispatchRule", {"dispatch_rule": rule_on(trunk, **fields)})
        assert answer.status == 200, answer
        return dict(answer.body)

    return make


@pytest.fixture
def room(make_room: Callable[..., Info]) -> str:
    """The name of an empty room of our own."""
    return str(make_room(empty_timeout=60)["name"])


@pytest.fixture
def person(request: pytest.FixtureRequest, foreign: Server | None, room: str) -> Iterator[Info]:
    """Somebody who speaks in the room: by the simulator's control API, or by a media client with a real server."""
    if foreign is None:
        livekit = request.getfixturevalue("livekit")
        yield dict(livekit.join(room, "speaker", name="Speaker", publish=["microphone"]))
        return
    rtc = media.sdk()
    if rtc is None:
        pytest.skip("NOT TESTED against a foreign server: joining needs a media client, `pip install livekit`")
    token = AccessToken(foreign.api_key, foreign.api_secret).with_identity("speaker").with_name("Speaker")
    token = token.with_grants(VideoGrants(room_join=True, room=room))
    with media.speaking(rtc, f"ws{foreign.url.removeprefix('http')}", token.to_jwt()):
        yield _with_sound(foreign, room)


@pytest.fixture(params=[False, True], ids=["default", "enable_remote_unmute"])
def unmutes(request: pytest.FixtureRequest, server: Server, foreign: Server | None, room: str, person: Info) -> bool:
    """A server that gives muted people the floor back, and one that does not; a foreign one is what it is."""
    wanted = bool(request.param)
    if foreign is None:
        request.getfixturevalue("livekit").switch(enable_remote_unmute=wanted)
    elif (server.rooms("MutePublishedTrack", nobodys_track(room, person)).status == 200) is not wanted:
        pytest.skip(f"NOT TESTED: this server was started {'without' if wanted else 'with'} enable_remote_unmute")
    return wanted


@pytest.fixture(scope="session")
def foreign_hooks(foreign: Server | None) -> Iterator[Receiver]:
    """What receives a foreign server's webhooks: on WEBHOOK_PORT of all our addresses, all the time."""
    port = os.environ.get("WEBHOOK_PORT", "")
    if foreign is None or not port:
        pytest.skip("NOT TESTED: give WEBHOOK_PORT, and let the server send its webhooks there")
    with receiving(int(port), os.environ.get("WEBHOOK_HOST") or "0.0.0.0") as receiver:
        name = unique_name()
        foreign.rooms("CreateRoom", {"name": name, "empty_timeout": 60})
        try:
            receiver.wait_for(lambda found: any(name.encode() in hook.body for hook in found), HOOK_SECONDS)
        except AssertionError:
            pytest.fail(f"no webhook of this server arrived at port {port} within {HOOK_SECONDS} s", pytrace=False)
        finally:
            foreign.clean()
        yield receiver


@pytest.fixture
def hooks(request: pytest.FixtureRequest, foreign: Server | None) -> Iterator[Receiver]:
    """What receives the server's webhooks."""
    if foreign is None:
        with receiving() as receiver:
            request.getfixturevalue("livekit").hooks_to(receiver.url)
            yield receiver
        return
    receiver = request.getfixturevalue("foreign_hooks")
    yield receiver
    receiver.answer = lambda hooks: 200


def _with_sound(server: Server, room: str) -> Info:
    """The one person inside, once LiveKit lists the track: that comes a moment after the client has published it."""

    def heard() -> list[Info]:
        inside = server.rooms("ListParticipants", {"room": room}).body["participants"]
        return [person for person in inside if person["tracks"]]

    return dict(until(heard)[0])
