"""Phones beside Twirp and webhooks, over real HTTP: what Frontdesk sees of a call, and what it can do to one."""

import threading
from typing import Any

import pytest
import requests
from livekit import api

from tests.support.livekit import LiveKit
from tests.support.loops import complete
from tests.support.replay import recorded
from tests.support.waiting import PATIENCE

NUMBER = "+15550001"
NOWHERE = "http://127.0.0.1:9/hooks"  # nobody listens: what is sent is only looked at
Info = dict[str, Any]
Called = tuple[int, Info]
SPEAKING = {"can_publish": True, "can_publish_data": True, "can_update_metadata": True}


@pytest.fixture
def pin_room(livekit: LiveKit) -> LiveKit:
    """A trunk with a PIN rule for the room `meet-1`, in which somebody speaks."""
    livekit.hooks_to(NOWHERE)
    trunk = {"name": "main", "numbers": [NUMBER]}
    trunk_id = livekit.call("SIP", "CreateSIPInboundTrunk", trunk=trunk)["sip_trunk_id"]
    rule = {"rule": {"dispatch_rule_direct": {"room_name": "meet-1", "pin": "1234"}}, "trunk_ids": [trunk_id]}
    rule |= {"metadata": "rulemeta", "attributes": {"rule.attr": "yes"}}
    livekit.call("SIP", "CreateSIPDispatchRule", dispatch_rule=rule)
    livekit.join("meet-1", publish=["microphone"])
    return livekit


def recorded_call(name: str) -> Info:
    return next(call for call in recorded("calls") if call["name"] == name)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def rooms_api(livekit: LiveKit, method: str, **body: Any) -> Called:
    token = livekit.token({"roomAdmin": True, "room": body["room"]})
    url = f"{livekit.url}/twirp/livekit.RoomService/{method}"
    answer = requests.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
    return answer.status_code, answer.json()


def test_webhooks_of_a_call_come_in_livekits_order_and_shape(pin_room: LiveKit):
    call = pin_room.dial(to=NUMBER, keys="1234#")
    pin_room.hang_up(call["id"])
    told = [each["body"] for each in pin_room.deliveries()][3:]
    expected = recorded_call("right_pin")["webhooks"]
    assert [body["event"] for body in told] == [body["event"] for body in expected]
    for body, real in zip(told, expected, strict=True):
        for volatile in ("room", "participant"):  # counts and versions that happen to be zero are left out
            for fields in (body.get(volatile, {}), real.get(volatile, {})):
                for name in ("numParticipants", "numPublishers", "version", "isPublisher"):
                    fields.pop(name, None)
        assert shape(body) == shape({name: value for name, value in real.items() if name != "t"})
    statuses = [body["participant"]["attributes"]["sip.callStatus"] for body in (told[0], told[-1])]
    assert statuses == ["active", "hangup"]


def test_a_phone_is_listed_as_livekit_lists_it(pin_room: LiveKit):
    pin_room.dial(to=NUMBER, keys="1234#")
    (real,) = (p for p in recorded_call("right_pin")["participants"]["participants"] if p["kind"] == "SIP")
    listed = pin_room.call("RoomService", "ListParticipants", room="meet-1")["participants"]
    (ours,) = (participant for participant in listed if participant["kind"] == "SIP")
    assert shape(ours) == shape(real)
    fixed = ("identity", "name", "metadata", "permission", "state", "is_publisher")
    assert {name: ours[name] for name in fixed} == {name: real[name] for name in fixed}


def test_a_refused_call_is_told_to_nobody(pin_room: LiveKit):
    before = len(pin_room.deliveries())
    call = pin_room.dial(to=NUMBER, keys="9999#")
    assert (call["reason"], len(pin_room.deliveries())) == ("wrong-pin", before)


def test_a_muted_phone_stays_muted_on_a_server_without_remote_unmute(pin_room: LiveKit):
    call = pin_room.dial(to=NUMBER, keys="1234#")
    mute(pin_room, call, muted=True)
    assert pin_room.phone(call["id"])["audible"] is False
    status, body = mute(pin_room, call, muted=False)
    assert (status, body["msg"]) == (412, "twirp error unknown: remote unmute not enabled")
    assert pin_room.phone(call["id"])["audible"] is False


def test_a_phone_is_held_and_let_in_again_where_remote_unmute_is_enabled(pin_room: LiveKit):
    pin_room.switch(enable_remote_unmute=True)
    call = pin_room.dial(to=NUMBER, keys="1234#")
    mute(pin_room, call, muted=True)
    allow(pin_room, call, can_subscribe=False)
    held = pin_room.phone(call["id"])
    assert (held["state"], held["audible"], held["hears"]) == ("inside", False, False)
    assert mute(pin_room, call, muted=False)[0] == 200
    allow(pin_room, call, can_subscribe=True)
    admitted = pin_room.phone(call["id"])
    assert (admitted["audible"], admitted["hears"]) == (True, True)


def mute(livekit: LiveKit, call: Info, *, muted: bool) -> Called:
    (track,) = livekit.participants("meet-1")[call["identity"]]["tracks"]
    asked = {"room": "meet-1", "identity": call["identity"], "track_sid": track["sid"], "muted": muted}
    return rooms_api(livekit, "MutePublishedTrack", **asked)


def allow(livekit: LiveKit, call: Info, *, can_subscribe: bool) -> None:
    permission = {**SPEAKING, "can_subscribe": can_subscribe}
    rooms_api(livekit, "UpdateParticipant", room="meet-1", identity=call["identity"], permission=permission)


def test_removing_a_phone_hangs_up_at_once(pin_room: LiveKit):
    call = pin_room.dial(to=NUMBER, keys="1234#")
    assert rooms_api(pin_room, "RemoveParticipant", room="meet-1", identity=call["identity"])[0] == 200
    assert pin_room.phone(call["id"])["answers"][-1] == "BYE"


def test_after_a_restart_the_same_call_is_back_with_another_sid_and_its_hold_is_lost(pin_room: LiveKit):
    call = pin_room.dial(to=NUMBER, keys="1234#")
    mute(pin_room, call, muted=True)
    pin_room.restart(rejoin=True)
    back = wait_for_another_sid(pin_room, call)
    assert (back["state"], back["audible"]) == ("inside", True)
    assert pin_room.participants("meet-1")[call["identity"]]["attributes"]["sip.callID"] == call["id"]


def wait_for_another_sid(livekit: LiveKit, call: Info) -> Info:
    pause = threading.Event()
    for _ in range(200):
        now = livekit.phone(call["id"])
        if now["sid"] not in {"", call["sid"]} and {"web", call["identity"]} <= set(livekit.participants("meet-1")):
            return now
        pause.wait(0.01)
    raise AssertionError("the phone did not come back")


def test_two_creates_at_once_store_a_conflicting_pair_only_where_livekit_races(livekit: LiveKit):
    trunk_id = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"numbers": [NUMBER]})["sip_trunk_id"]
    assert sorted(create_twice(livekit, trunk_id, "1")) == [200, 400]
    livekit.switch(racy_creates=True)
    assert create_twice(livekit, trunk_id, "2") == [200, 200]
    assert livekit.dial(to=NUMBER)["answers"][-1] == "503 Try again later"


def test_a_twin_of_a_rule_ends_every_call_of_its_trunk_until_it_is_deleted(pin_room: LiveKit):
    (rule,) = pin_room.rules()
    twin = pin_room.store_twin(rule["sip_dispatch_rule_id"])
    assert pin_room.dial(to=NUMBER)["answers"][-1] == "503 Try again later"
    pin_room.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=twin["sip_dispatch_rule_id"])
    assert pin_room.dial(to=NUMBER)["state"] == "prompt"


def create_twice(livekit: LiveKit, trunk_id: str, pin: str) -> list[int]:
    token = livekit.token(sip={"admin": True})
    rule = {"rule": {"dispatch_rule_direct": {"room_name": "r", "pin": pin}}, "trunk_ids": [trunk_id]}
    statuses: list[int] = []

    def create() -> None:
        url = f"{livekit.url}/twirp/livekit.SIP/CreateSIPDispatchRule"
        headers = {"Authorization": f"Bearer {token}"}
        statuses.append(requests.post(url, json={"dispatch_rule": rule}, headers=headers, timeout=PATIENCE).status_code)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_livekits_own_client_is_understood_in_protobuf(livekit: LiveKit):
    async def use() -> None:
        async with api.LiveKitAPI(livekit.url, livekit.key, livekit.secret) as client:
            info = api.SIPInboundTrunkInfo(name="main", numbers=[NUMBER])
            trunk = await client.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=info))
            direct = api.SIPDispatchRuleDirect(room_name="r", pin="1")
            rule = api.CreateSIPDispatchRuleRequest(
                rule=api.SIPDispatchRule(dispatch_rule_direct=direct), trunk_ids=[trunk.sip_trunk_id]
            )
            stored = await client.sip.create_dispatch_rule(rule)
            assert stored.rule.dispatch_rule_direct.pin == "1"
            with pytest.raises(api.TwirpError, match="already exists in dispatch rule"):
                await client.sip.create_dispatch_rule(rule)

    complete(use())


def test_a_number_dialled_from_a_room_is_a_participant_that_answers(livekit: LiveKit):
    trunk = {"numbers": [NUMBER], "address": "sip.example.com"}
    trunk_id = livekit.call("SIP", "CreateSIPOutboundTrunk", trunk=trunk)["sip_trunk_id"]
    asked = {"sip_trunk_id": trunk_id, "sip_call_to": "+15559999", "room_name": "out", "wait_until_answered": True}
    made = livekit.call("SIP", "CreateSIPParticipant", **asked)
    phone = livekit.participants("out")["sip_+15559999"]
    assert (phone["sid"], phone["kind"]) == (made["participant_id"], "SIP")
    assert phone["attributes"]["sip.callStatus"] == "active"
