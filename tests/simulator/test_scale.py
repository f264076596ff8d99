"""Ten thousand rules are an installation, not an accident: the simulator stays quick on them."""

import time
from collections.abc import Callable
from statistics import median

import pytest
import requests
from livekit.protocol.models import DisconnectReason
from livekit.protocol.sip import ListSIPDispatchRuleRequest, ListSIPDispatchRuleResponse

from simulator import calls, participants, rooms
from simulator.world import World
from tests.support.livekit import LiveKit
from tests.support.simulated_calls import dial, rule, run, store, type_keys, web
from tests.support.waiting import PATIENCE, async_until

RULES = 10_000
# Generous: on an idle machine a create takes 12 ms and the whole list 25 ms, but tests share their machine.
CREATE_SECONDS, LIST_SECONDS = 0.2, 1.0


@pytest.fixture
def many(livekit: LiveKit) -> LiveKit:
    """A LiveKit with many rules on five trunks."""
    rules = [
        {
            "sip_dispatch_rule_id": f"SDR_{number:012d}",
            "trunk_ids": [f"ST_{number % 5}"],
            "rule": {"dispatch_rule_direct": {"room_name": f"room-{number}", "pin": f"{number:010d}"}},
        }
        for number in range(RULES)
    ]
    livekit.store_sip(rules=rules)
    return livekit


def asked(livekit: LiveKit, method: str, body: bytes = b"", **request: object) -> requests.Response:
    """Call the SIP service, in JSON or in protobuf."""
    headers = {"Authorization": f"Bearer {livekit.token(sip={'admin': True})}"}
    url = f"{livekit.url}/twirp/livekit.SIP/{method}"
    if request:
        return livekit.session.post(url, json=request, headers=headers, timeout=PATIENCE)
    headers["Content-Type"] = "application/protobuf"
    return livekit.session.post(url, data=body, headers=headers, timeout=PATIENCE)


def seconds(times: int, action: Callable[[int], requests.Response], status: int = 200) -> float:
    """The median time of an action that is answered with this status."""
    taken = []
    for number in range(times):
        start = time.perf_counter()
        assert action(number).status_code == status
        taken.append(time.perf_counter() - start)
    return median(taken)


def test_a_create_among_ten_thousand_rules_is_checked_quickly(many: LiveKit) -> None:
    def rule(pin: int) -> dict[str, object]:
        direct = {"dispatch_rule_direct": {"room_name": "new", "pin": f"{pin:010d}"}}
        return {"trunk_ids": ["ST_1"], "rule": direct}

    create = "CreateSIPDispatchRule"
    nested = seconds(9, lambda number: asked(many, create, dispatch_rule=rule(RULES + number)))
    flat = seconds(9, lambda number: asked(many, create, **rule(2 * RULES + number)))
    clash = seconds(9, lambda _: asked(many, create, dispatch_rule=rule(1)), status=400)
    assert max(nested, flat, clash) < CREATE_SECONDS


def test_ten_thousand_rules_are_listed_and_filtered_quickly(many: LiveKit) -> None:
    everything = ListSIPDispatchRuleResponse.FromString(asked(many, "ListSIPDispatchRule").content)
    assert len(everything.items) == RULES
    one = ListSIPDispatchRuleRequest(dispatch_rule_ids=["SDR_000000000007"]).SerializeToString()
    trunk = ListSIPDispatchRuleRequest(trunk_ids=["ST_3"]).SerializeToString()
    for request, count in [(b"", RULES), (one, 1), (trunk, RULES // 5)]:
        answer = asked(many, "ListSIPDispatchRule", request)
        assert len(ListSIPDispatchRuleResponse.FromString(answer.content).items) == count
        assert seconds(3, lambda _, body=request: asked(many, "ListSIPDispatchRule", body)) < LIST_SECONDS


def test_a_listed_rule_is_the_rule_as_it_stands(many: LiveKit) -> None:
    def listed() -> str:
        (found,) = many.call("SIP", "ListSIPDispatchRule", dispatch_rule_ids=["SDR_000000000007"])["items"]
        return str(found["name"])

    assert listed() == ""
    named = {"sip_dispatch_rule_id": "SDR_000000000007"}
    many.call("SIP", "UpdateSIPDispatchRule", **named, update={"name": "renamed"})
    assert listed() == "renamed"
    many.call("SIP", "DeleteSIPDispatchRule", **named)
    many.store_sip(rules=[{**named, "name": "another", "rule": {"dispatch_rule_direct": {"room_name": "r"}}}])
    assert listed() == "another"


def test_nothing_goes_on_after_many_calls_and_visits() -> None:
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"), rule("SDR_2", "open"))
        for number in range(200):
            call = await type_keys(
                world, await dial(world, **{"from": f"+1555{number}"}), ("1#", "9#", "#")[number % 3]
            )
            participants.leave(world, web(world, "open", f"web-{number}"))
            calls.hang_up(world, call)
        for room in list(world.rooms.values()):
            rooms.close(world, room, DisconnectReason.ROOM_DELETED)
        await async_until(lambda: not world._tasks)
        assert not [timer for timer in world._timers if not timer.cancelled()]

    run(scenario)
