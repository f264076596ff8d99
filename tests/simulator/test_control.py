"""The control API says what it can do, does it, and refuses in words what it cannot."""

from typing import Any

import pytest
import requests

from simulator.app import COMMANDS, READINGS
from simulator.world import Options, World
from tests.plugins.receiver import Receiver
from tests.support.livekit import LiveKit
from tests.support.loops import complete
from tests.support.waiting import PATIENCE, async_until

REFUSALS = [
    ("fail", {"times": "x"}, "times is a whole number of at least 0, not 'x'"),
    ("fail", {"code": "nope"}, "no Twirp code 'nope'"),
    ("fail", {"method": "ListRoms"}, "no Twirp method 'ListRoms'; * is any"),
    ("fail", {"late": True}, "there is no late; known are"),
    ("delay", {"seconds": -1}, "seconds is a number of at least 0, not -1"),
    ("html", {"status": 99}, "status is an HTTP status from 200 to 599"),
    ("away", {}, "how is missing"),
    ("away", {"how": "far"}, "how is refuse or hang"),
    ("hooks", {}, "kind is missing"),
    ("hooks", {"kind": "eat"}, "kind is drop or delay or duplicate or reverse, not 'eat'"),
    ("webhook-urls", {"urls": "http://a"}, "urls is a list of texts"),
    ("webhook-urls", {"urls": ["a"]}, "urls begin with http:// or https://"),
    ("switches", {"redis": "no"}, "redis is true or false, not 'no'"),
    ("switches", {"redsi": False}, "there is no redsi; known are egress_worker, enable_remote_unmute"),
    ("timing", {"latency": "fast"}, "latency is a number of at least 0, not 'fast'"),
    ("restart", {"ghosts": "no"}, "ghosts is true or false, not 'no'"),
    ("settle", {"seconds": "x"}, "seconds is a number of at least 0, not 'x'"),
    ("store-sip", {"rules": [5]}, "rules is a list of objects"),
    ("store-sip", {"rules": [{"rule": 5}]}, "Failed to parse rule field"),
    ("store-sip", {"trunks": [{"phones": []}]}, 'has no field named "phones"'),
    ("store-twin", {"id": "SDR_x"}, "no rule and no inbound trunk has this id"),
    ("call", {"service": "Rooms", "method": "x"}, "no method 'x' in a service 'Rooms'"),
    ("join", {"room": "r"}, "identity is missing"),
    ("join", {"room": 5, "identity": "i"}, "room is a text, not 5"),
    ("join", {"token": "x"}, "LiveKit refuses the token"),
    ("leave", {"room": "r", "identity": "i"}, "nobody of that identity is in that room"),
    ("dial", {"from": 5}, "every field of a caller is a text"),
    ("press", {"id": "x", "keys": "1"}, "no phone has this id"),
    ("forget-egress", {"egress_id": "EG_x"}, "no recording has this egress_id"),
    ("next-egress-end", {"status": "GONE"}, "status is ABORTED, COMPLETE, FAILED, LIMIT_REACHED"),
]


@pytest.mark.parametrize(("command", "told", "words"), REFUSALS)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(
    livekit: LiveKit, command: str, told: dict[str, Any], words: str
) -> None:
    before = livekit.reading("state")
    answer = livekit.session.post(f"{livekit.url}/control/{command}", json=told, timeout=PATIENCE)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert livekit.reading("state") == before


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"'])
def test_what_is_no_object_is_refused_in_words(livekit: LiveKit, body: bytes) -> None:
    answer = livekit.session.post(f"{livekit.url}/control/fail", data=body, timeout=PATIENCE)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_it_lists_what_it_can_do_with_a_sentence_each(livekit: LiveKit) -> None:
    listed = livekit.session.get(f"{livekit.url}/control", timeout=PATIENCE).json()
    assert set(listed["commands"]) == {*COMMANDS, "call"}
    assert set(listed["readings"]) == set(READINGS)
    assert all(text.endswith(".") for table in listed.values() for text in table.values())
    unknown = livekit.session.post(f"{livekit.url}/control/nope", json={}, timeout=PATIENCE)
    assert unknown.status_code == 404 and "fail" in unknown.json()["known"]


def test_a_page_of_another_site_may_not_give_orders(livekit: LiveKit) -> None:
    for origin, status in [("http://evil.example", 403), ("null", 403), (livekit.url, 200)]:
        answer = requests.post(f"{livekit.url}/control/reset", headers={"Origin": origin}, timeout=PATIENCE)
        assert answer.status_code == status, origin


def test_the_last_deliveries_are_as_many_as_asked_for(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hooks_to(receiver.url)
    for name in ("one", "two", "three"):
        livekit.call("RoomService", "CreateRoom", name=name)
    for last, queues in [("0", []), ("2", ["two", "three"]), ("9", ["one", "two", "three"])]:
        assert [each["queue"] for each in livekit.reading("deliveries", last=last)] == queues


def test_a_restart_without_redis_forgets_the_rooms_and_tells_nobody(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.join("meeting")
    livekit.hooks_to(receiver.url)
    livekit.restart(ghosts=False)
    assert livekit.rooms() == []
    livekit.settle()
    assert receiver.hooks == []


def test_timers_that_fired_or_were_cancelled_are_forgotten() -> None:
    async def scenario() -> None:
        world = World(Options())
        fired: list[int] = []
        for number in range(1000):
            world.later(0 if number % 2 else 3600, lambda: fired.append(1)).cancel() if number % 4 else world.later(
                0, lambda: fired.append(1)
            )
        await async_until(lambda: len(fired) >= 250)
        world.later(3600, lambda: None)
        assert len(fired) == 250
        assert len(world._timers) <= 110
        world.reset()
        assert not world._timers

    complete(scenario())
