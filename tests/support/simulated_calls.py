"""A small world for phones: a trunk, rules on it, and calls that take hardly any time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from simulator import calls, participants
from simulator.arguments import Arguments
from simulator.calls_control import store_sip
from simulator.calls_model import Caller, PhoneCall
from simulator.world import Options, Participant, Timing, World
from tests.support.loops import complete
from tests.support.waiting import PATIENCE, async_until

NUMBER = "+15550001"
TRUNK = {"sip_trunk_id": "ST_main", "numbers": [NUMBER]}
Scenario = Callable[[World], Awaitable[None]]


def run(scenario: Scenario) -> None:
    """Play a scenario in a fresh world, fifty times as fast as LiveKit; no scenario may hang."""

    async def play() -> None:
        world = World(Options(), timing=Timing(latency=0.02))
        try:
            await asyncio.wait_for(scenario(world), PATIENCE)
        finally:
            world.reset()

    complete(play())


def rule(rule_id: str, room: str, *, pin: str = "", **fields: Any) -> dict[str, Any]:
    """A Direct rule on the trunk."""
    direct = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
    return {"sip_dispatch_rule_id": rule_id, "trunk_ids": ["ST_main"], "rule": direct, **fields}


def store(world: World, *rules: dict[str, Any], trunk: dict[str, Any] = TRUNK) -> None:
    """Put the trunk and these rules into the world, unchecked."""
    store_sip(world, Arguments(trunks=[trunk], rules=list(rules)))


async def dial(world: World, **caller: str) -> PhoneCall:
    """Call the trunk's number and wait until the call rests."""
    call = calls.place(world, Caller.parse({"from": "+15551234", "to": NUMBER, **caller}))
    return await settle(call)


async def type_keys(world: World, call: PhoneCall, keys: str) -> PhoneCall:
    """Press keys and wait until the call rests."""
    calls.press(world, call, keys)
    return await settle(call)


async def settle(call: PhoneCall) -> PhoneCall:
    """Wait until a call waits for somebody: for keys, for audio in the room, or for its end."""
    await async_until(call.at_rest)
    return call


def web(world: World, room: str, identity: str = "web", *, audio: bool = True) -> Participant:
    """Somebody in a room with a browser."""
    person = participants.join(world, room, identity)
    if audio:
        participants.publish(world, person)
    return person
