"""The simulator answers recorded SIP requests exactly as livekit-server v1.13.5 did: status, code, message and body."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from simulator.arguments import Arguments
from simulator.calls_control import next_sip_ids, store_sip
from simulator.sip import METHODS
from simulator.tokens import sign
from simulator.twirp import Twirp
from simulator.world import Options, World
from tests.support.loops import complete
from tests.support.replay import recorded

Exchange = dict[str, Any]
WITHOUT_GRANTS = {"no_grant_call": {"admin": True}, "no_grant_admin": {"call": True}}


async def replay(name: str, world: World) -> Iterator[tuple[str, Any, Any]]:
    """Send every SIP request of a file, in its order, and pair what comes with what LiveKit answered."""
    app = Application()
    app.router.add_route("*", "/{path:.*}", Twirp(world, {"livekit.SIP": METHODS}).__call__)
    pairs = []
    async with TestClient(TestServer(app)) as client:
        for exchange in recorded(name):
            set_up(world, exchange)
            if "/livekit.SIP/" in exchange.get("request", {}).get("path", ""):
                pairs.append((exchange["name"], await ask(client, world, exchange), told(exchange)))
    return pairs


def set_up(world: World, exchange: Exchange) -> None:
    """What races left behind is stored as it was; what is created next gets the id it got."""
    if exchange["name"] in {"list_with_pair", "trunk_pair_list"}:
        items = [present(item) for item in exchange["response"]["body"]["items"]]
        store_sip(world, Arguments({"trunks" if "numbers" in exchange["request"]["body"] else "rules": items}))
    created = exchange["response"]["body"] if "/Create" in exchange.get("request", {}).get("path", "") else {}
    identifiers = [created[key] for key in ("sip_trunk_id", "sip_dispatch_rule_id") if key in created]
    next_sip_ids(world, Arguments(ids=identifiers))


def present(info: Exchange) -> Exchange:
    return {name: value for name, value in info.items() if value is not None}


async def ask(client: TestClient, world: World, exchange: Exchange) -> tuple[int, str, Any]:
    grants = WITHOUT_GRANTS.get(exchange["name"], {"admin": True, "call": True})
    options = world.options
    token = sign({"iss": options.api_key, "exp": time.time() + 60, "sip": grants}, options.api_secret)
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.post(exchange["request"]["path"], json=exchange["request"]["body"], headers=headers)
    return answer.status, answer.content_type, await answer.json()


def told(exchange: Exchange) -> tuple[int, str, Any]:
    response = exchange["response"]
    return response["status"], response["content_type"], response["body"]


@pytest.mark.parametrize(("name", "requests"), [("sip", 129), ("sip-races", 21), ("no-redis", 7)])
def test_every_recorded_sip_request_is_answered_as_livekit_answered_it(name: str, requests: int):
    world = World(Options())
    world.switches.redis = name != "no-redis"
    pairs = complete(replay(name, world))
    assert len(pairs) == requests
    for case, answered, expected in pairs:
        assert answered == expected, case
