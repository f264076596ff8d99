"""What must be true of a simulated LiveKit, line by line of the list its measurements end with (LIVEKIT.md H)."""

import json
import time
from typing import Any

import pytest
import requests

from tests.plugins.receiver import Receiver
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until

PIN = "4711"
NOT_ANSWERED = "twirp error unknown: no response from servers"


def ask(livekit: LiveKit, method: str, *, service: str = "RoomService", **body: Any) -> requests.Response:
    """Ask over Twirp with every grant."""
    video = {
        **dict.fromkeys(("roomCreate", "roomList", "roomAdmin", "roomRecord"), True),
        "room": body.get("room", ""),
    }
    token = livekit.token(video, sip={"admin": True, "call": True})
    headers = {"Authorization": f"Bearer {token}"}
    return livekit.session.post(
        f"{livekit.url}/twirp/livekit.{service}/{method}", json=body, headers=headers, timeout=PATIENCE
    )


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()["code"], answer.json()["msg"]


@pytest.fixture
def trunk(livekit: LiveKit) -> str:
    """A trunk of one number."""
    return str(livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"numbers": ["+15550001"]})["sip_trunk_id"])


def rule(trunk: str, pin: str = PIN, **more: Any) -> dict[str, Any]:
    direct = {"dispatch_rule_direct": {"room_name": "meeting", "pin": pin}}
    return {"trunk_ids": [trunk], "rule": direct, **more}


def dial(livekit: LiveKit, pin: str = PIN, **caller: str) -> dict[str, Any]:
    """Call, type the PIN, and wait until nothing changes any more."""
    call = livekit.control("rest", id=livekit.control("dial", **caller)["id"])
    if call["state"] == "prompt":
        livekit.control("press", id=call["id"], keys=f"{pin}#")
        call = livekit.control("rest", id=call["id"])
    return dict(call)


def test_1_errors_have_livekits_statuses_codes_and_prefixes(livekit: LiveKit) -> None:
    absent = "twirp error unknown: participant does not exist"
    person = livekit.join("meeting", publish=["microphone"])
    who = {"room": "meeting", "identity": "web"}
    track = {**who, "track_sid": person["tracks"][0]["sid"]}
    assert refusal(ask(livekit, "GetParticipant", room="meeting", identity="x")) == (404, "not_found", absent)
    assert refusal(ask(livekit, "SendData", room="x")) == (503, "unavailable", NOT_ANSWERED)
    assert refusal(ask(livekit, "MutePublishedTrack", **track, muted=False))[:2] == (412, "failed_precondition")
    assert refusal(ask(livekit, "GetSIPOutboundTrunk", service="SIP", sip_trunk_id="ST_x")) == (
        404,
        "not_found",
        "requested sip trunk does not exist",
    )
    assert refusal(ask(livekit, "CreateRoom", name=5))[:2] == (400, "malformed")
    assert ask(livekit, "Nope").status_code == 404


def test_2_answers_are_snake_case_with_every_field_and_requests_may_be_either(livekit: LiveKit, trunk: str) -> None:
    room = ask(livekit, "CreateRoom", name="meeting", emptyTimeout=61, bogus=1).json()
    assert (room["empty_timeout"], room["metadata"], room["version"]) == (61, "", None)
    assert isinstance(room["creation_time"], str)
    (stored,) = ask(livekit, "ListSIPInboundTrunk", service="SIP").json()["items"]
    assert (stored["sip_trunk_id"], stored["created_at"], stored["updated_at"]) == (trunk, None, None)


def test_3_absence_costs_the_time_it_costs(livekit: LiveKit) -> None:
    livekit.control("timing", latency=0.1)
    start = time.monotonic()
    assert ask(livekit, "SendData", room="absent").status_code == 503
    assert 0.3 <= time.monotonic() - start < 10
    start = time.monotonic()
    assert ask(livekit, "StopEgress", service="Egress", egress_id="EG_x").status_code == 404
    assert 0.3 <= time.monotonic() - start < 10
    livekit.control("timing", latency=0.01)
    livekit.switch(egress_worker=False)
    livekit.join("meeting")
    start = time.monotonic()
    body = {"room_name": "meeting", "file_outputs": [{"filepath": "x.mp4"}]}
    assert refusal(ask(livekit, "StartRoomCompositeEgress", service="Egress", **body))[2] == NOT_ANSWERED
    assert 0.2 <= time.monotonic() - start < 10


def test_4_creation_changes_nothing_that_is_and_counts_lag(livekit: LiveKit) -> None:
    livekit.control("timing", latency=0.4)
    first = ask(livekit, "CreateRoom", name="meeting").json()
    assert ask(livekit, "CreateRoom", name="meeting", metadata="other").json() == first
    livekit.join("meeting")
    assert counted(livekit) == 0
    assert len(ask(livekit, "ListParticipants", room="meeting").json()["participants"]) == 1
    assert until(lambda: counted(livekit)) == 1


def counted(livekit: LiveKit) -> int:
    """How many people ListRooms says are in the first room."""
    return int(ask(livekit, "ListRooms").json()["rooms"][0]["num_participants"])


def test_4_a_room_ends_its_departure_timeout_after_the_last_person(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hooks_to(receiver.url)
    livekit.control("timing", rooms=0.01)
    livekit.join("meeting", "one")
    livekit.join("meeting", "two")
    livekit.join("meeting", "recorder", kind="egress")
    livekit.leave("meeting", "one")
    time.sleep(0.3)
    assert livekit.rooms() == ["meeting"], "somebody is still there"
    livekit.leave("meeting", "two")
    left = time.monotonic()
    receiver.wait_for(lambda hooks: b"room_finished" in hooks[-1].body)
    assert 0.1 < time.monotonic() - left < 5
    assert livekit.rooms() == []


def test_4_a_room_nobody_entered_ends_its_empty_timeout_after_creation(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hooks_to(receiver.url)
    livekit.control("timing", rooms=0.05)
    ask(livekit, "CreateRoom", name="meeting", empty_timeout=30)
    time.sleep(0.1)
    assert livekit.rooms() == ["meeting"]
    receiver.wait_for(lambda hooks: b"room_finished" in hooks[-1].body)
    assert livekit.rooms() == []


def test_5_rules_are_hardly_checked_but_for_the_key_they_share(livekit: LiveKit, trunk: str) -> None:
    assert ask(livekit, "CreateSIPDispatchRule", service="SIP", **rule("ST_nowhere")).status_code == 200
    assert ask(livekit, "CreateSIPDispatchRule", service="SIP", **rule(trunk, name="first")).status_code == 200
    status, code, text = refusal(ask(livekit, "CreateSIPDispatchRule", service="SIP", **rule(trunk, name="second")))
    assert (status, code) == (400, "invalid_argument")
    assert "already exists in dispatch rule" in text
    assert ask(livekit, "DeleteSIPTrunk", service="SIP", sip_trunk_id="ST_nope").status_code == 200


def test_5_a_stored_pair_poisons_calls_and_every_create_in_the_nested_form(livekit: LiveKit, trunk: str) -> None:
    livekit.control("store-sip", rules=[rule(trunk), rule(trunk)])
    assert dial(livekit)["answers"][-1] in ([503, "Try again later"], "503 Try again later", 503)
    nested = ask(livekit, "CreateSIPDispatchRule", service="SIP", dispatch_rule=rule("ST_other", "99"))
    assert nested.status_code == 400
    assert ask(livekit, "CreateSIPDispatchRule", service="SIP", **rule("ST_other", "99")).status_code == 200


def test_6_a_right_pin_leads_inside_a_wrong_one_out_and_an_unknown_number_nowhere(
    livekit: LiveKit, receiver: Receiver, trunk: str
) -> None:
    livekit.hooks_to(receiver.url)
    livekit.call("SIP", "CreateSIPDispatchRule", **rule(trunk))
    assert dial(livekit, to="+15559999")["state"] == "silent"
    assert dial(livekit, "0000")["state"] == "ended"
    assert receiver.hooks == []
    first = dial(livekit)
    assert first["state"] == "inside"
    second = dial(livekit)
    assert (second["state"], livekit.reading("phone", id=first["id"])["state"]) == ("inside", "ended")
    livekit.settle()
    told = [json.loads(hook.body) for hook in receiver.hooks]
    assert [each["event"] for each in told[:3]] == ["room_started", "participant_joined", "track_published"]
    (left,) = [each for each in told if each["event"] == "participant_left"]
    assert left["participant"]["disconnectReason"] == "DUPLICATE_IDENTITY"
    ask(livekit, "RemoveParticipant", room="meeting", identity=second["identity"])
    assert livekit.reading("phone", id=second["id"])["state"] == "ended"


@pytest.mark.parametrize("unmute", [False, True])
def test_7_a_destroyed_track_stays_destroyed_and_unmuting_needs_the_switch(livekit: LiveKit, unmute: bool) -> None:
    livekit.switch(enable_remote_unmute=unmute)
    person = livekit.join("meeting", publish=["microphone"])
    track = {"room": "meeting", "identity": "web", "track_sid": person["tracks"][0]["sid"]}
    assert ask(livekit, "MutePublishedTrack", **track, muted=True).status_code == 200
    assert ask(livekit, "MutePublishedTrack", **track, muted=False).status_code == (200 if unmute else 412)
    who = {"room": "meeting", "identity": "web"}
    ask(livekit, "UpdateParticipant", **who, permission={"can_subscribe": True})
    back = ask(livekit, "UpdateParticipant", **who, permission={"can_subscribe": True, "can_publish": True})
    assert back.json()["tracks"] == []


def test_8_a_repeated_webhook_keeps_its_id(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hooks_to(receiver.url)
    receiver.answer = lambda hooks: 500 if len(hooks) < 3 else 200
    livekit.call("RoomService", "CreateRoom", name="meeting")
    livekit.settle()
    assert len({json.loads(hook.body)["id"] for hook in receiver.hooks}) == 1
    assert len(receiver.hooks) == 3
