"""Webhooks come as LiveKit sends them: signed, in order, tried again on some failures only, or as a fault says."""

import base64
import hashlib
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from livekit.api import TokenVerifier, WebhookReceiver

from tests.plugins.receiver import Hook, Receiver
from tests.support.livekit import LiveKit
from tests.support.replay import Replay, recorded

RETRY_GAPS = [1, 2, 4, 8]
WEBHOOK_FACTOR = 0.02


@pytest.fixture(autouse=True)
def hooked(livekit: LiveKit, receiver: Receiver) -> None:
    """LiveKit sends to the receiver."""
    livekit.hooks_to(receiver.url)


def names(hooks: list[Hook]) -> list[str]:
    return [json.loads(hook.body)["event"] for hook in hooks]


def bodies(hooks: list[Hook]) -> list[dict[str, Any]]:
    return [json.loads(hook.body) for hook in hooks]


def test_the_recorded_meeting_sends_the_recorded_webhooks_field_for_field(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.join("wroom", "alice", name="Alice", attributes={"role": "host"})
    livekit.control("publish", room="wroom", identity="alice", name="mic")
    livekit.join("wroom", "bob", name="Bob")
    track = livekit.participants("wroom")["alice"]["tracks"][0]["sid"]
    livekit.call("RoomService", "MutePublishedTrack", room="wroom", identity="alice", track_sid=track, muted=True)
    livekit.call("RoomService", "UpdateParticipant", room="wroom", identity="alice", name="Alice2", metadata="meta")
    for may in (False, True):
        rights = {"can_subscribe": True, "can_publish": may, "can_publish_data": True}
        for who in ("alice", "bob"):
            livekit.call("RoomService", "UpdateParticipant", room="wroom", identity=who, permission=rights)
    livekit.call("RoomService", "UpdateRoomMetadata", room="wroom", metadata="RM")
    time.sleep(0.15)  # the stored counts follow
    livekit.call("RoomService", "RemoveParticipant", room="wroom", identity="bob")
    livekit.join("wroom", "bob", name="Bob")
    livekit.control("publish", room="wroom", identity="bob", name="mic")
    livekit.join("wroom", "bob", name="Bob dup")
    livekit.call("RoomService", "DeleteRoom", room="wroom")
    livekit.settle()
    expected = [json.loads(line["raw_body"]) for line in recorded("webhooks-web")]
    found = bodies(receiver.hooks)
    assert [each["event"] for each in found] == [each["event"] for each in expected]
    found[11:13] = reversed(found[11:13])  # a deleted room's people leave in no order
    replay = Replay(livekit)
    different = {
        f"{number} {one['event']}": lines
        for number, (one, two) in enumerate(zip(expected, found, strict=True))
        if (lines := replay.unlike(without_counts(one), without_counts(two), "body"))
    }
    assert different == {}


def without_counts(body: dict[str, Any]) -> dict[str, Any]:
    """The body without the counts, which are stale by chance."""
    counts = {"numParticipants", "numPublishers"}
    room = {key: value for key, value in body.get("room", {}).items() if key not in counts}
    return {**body, "room": room}


def test_the_signature_is_a_bare_token_over_the_hash_of_the_body(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.join("meeting")
    livekit.settle()
    for hook in receiver.hooks:
        assert hook.headers["Content-Type"] == "application/webhook+json"
        assert not hook.headers["Authorization"].startswith("Bearer")
        checked = WebhookReceiver(TokenVerifier(livekit.key, livekit.secret)).receive(
            hook.body.decode(), hook.headers["Authorization"]
        )
        claims = json.loads(base64.urlsafe_b64decode(hook.headers["Authorization"].split(".")[1] + "=="))
        assert set(claims) == {"iss", "exp", "nbf", "iat", "sha256"}
        assert claims["exp"] - claims["iat"] == 300
        assert claims["sha256"] == base64.b64encode(hashlib.sha256(hook.body).digest()).decode()
        assert checked.id.startswith("EV_")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_failing_receiver_is_asked_five_times_with_the_same_bytes_and_then_the_event_is_lost(
    livekit: LiveKit, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda hooks: status
    wanted = pytest.approx([gap * WEBHOOK_FACTOR for gap in RETRY_GAPS], abs=0.08)
    assert any(_gaps(livekit, receiver, f"meeting-{time}") == wanted for time in range(5))  # the machine may be busy


def _gaps(livekit: LiveKit, receiver: Receiver, room: str) -> list[float]:
    """How long LiveKit waited between its tries to tell of the room."""
    receiver.hooks.clear()
    livekit.call("RoomService", "CreateRoom", name=room)
    livekit.settle()
    assert len(receiver.hooks) == 5
    assert len({(hook.body, hook.headers["Authorization"]) for hook in receiver.hooks}) == 1
    assert livekit.deliveries()[-1]["outcome"] == "lost"
    return [after.at - before.at for before, after in pairwise(receiver.hooks)]


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
def test_other_answers_are_taken_for_a_delivery(livekit: LiveKit, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda hooks: status
    livekit.call("RoomService", "CreateRoom", name="meeting")
    livekit.settle()
    assert [each["outcome"] for each in livekit.deliveries()] == ["sent"]
    assert len(receiver.hooks) == 1


def test_a_failing_event_holds_back_its_own_room_only(livekit: LiveKit, receiver: Receiver) -> None:
    receiver.answer = lambda hooks: 500 if "troubled" in str(hooks[-1].body) and len(hooks) < 4 else 200
    for room in ("troubled", "calm"):
        livekit.call("RoomService", "CreateRoom", name=room)
        livekit.call("RoomService", "DeleteRoom", room=room)
    livekit.settle()
    ways = [(body["room"]["name"], body["event"]) for body in bodies(receiver.hooks)]
    assert ways.index(("calm", "room_finished")) < ways.index(("troubled", "room_finished"))
    troubled = [event for room, event in ways if room == "troubled"]
    assert troubled == sorted(troubled, reverse=True), "room_started until it is taken, then room_finished"


def test_an_event_that_waited_too_long_is_dropped(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.control("timing", webhook_age=0.005)
    receiver.answer = lambda hooks: time.sleep(0.3) or 200
    livekit.call("RoomService", "CreateRoom", name="meeting")
    livekit.call("RoomService", "DeleteRoom", room="meeting")
    livekit.settle()
    assert [each["outcome"] for each in livekit.deliveries()] == ["sent", "dropped: age"]
    assert names(receiver.hooks) == ["room_started"]


def test_every_address_gets_every_event(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hooks_to(receiver.url, receiver.url + "second")
    livekit.call("RoomService", "CreateRoom", name="meeting")
    livekit.settle()
    assert names(receiver.hooks) == ["room_started"] * 2


def test_an_event_can_be_dropped_doubled_delayed_and_reversed(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hook_fault("drop", event="room_started")
    livekit.hook_fault("duplicate", event="participant_joined")
    livekit.hook_fault("delay", event="track_published", seconds=0.2)
    livekit.join("one", publish=["microphone"])
    livekit.leave("one")
    livekit.settle()
    assert names(receiver.hooks) == [
        *("participant_joined", "participant_joined"),
        *("track_unpublished", "participant_left", "track_published"),
    ]
    first, second = bodies(receiver.hooks)[:2]
    assert first["id"] == second["id"]
    receiver.hooks.clear()
    livekit.hook_fault("reverse", room="two", times=2)
    livekit.join("two")
    livekit.settle()
    assert names(receiver.hooks) == ["participant_joined", "room_started"]


def test_healing_sends_what_a_reversal_still_keeps(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.hook_fault("reverse", times=5)
    livekit.join("meeting")
    livekit.settle()
    assert receiver.hooks == []
    livekit.heal()
    livekit.settle()
    assert names(receiver.hooks) == ["participant_joined", "room_started"]


def test_an_aborted_connection_is_told_instead_of_a_join_and_a_leave(livekit: LiveKit, receiver: Receiver) -> None:
    livekit.control("abort", room="meeting", identity="ghost")
    livekit.settle()
    aborted = bodies(receiver.hooks)[-1]
    assert names(receiver.hooks) == ["room_started", "participant_connection_aborted"]
    assert aborted["participant"]["disconnectReason"] == "SIGNAL_CLOSE"
    assert aborted["participant"]["state"] == "DISCONNECTED"


def test_nothing_is_told_of_mutes_and_changed_names(livekit: LiveKit, receiver: Receiver) -> None:
    person = livekit.join("meeting", publish=["microphone"])
    livekit.settle()
    before = len(receiver.hooks)
    track = person["tracks"][0]["sid"]
    livekit.call("RoomService", "MutePublishedTrack", room="meeting", identity="web", track_sid=track, muted=True)
    livekit.call("RoomService", "UpdateParticipant", room="meeting", identity="web", name="Another")
    livekit.settle()
    assert len(receiver.hooks) == before


def test_after_a_crash_people_come_back_as_others_without_having_left(livekit: LiveKit, receiver: Receiver) -> None:
    before = livekit.join("meeting", publish=["microphone"])
    livekit.settle()
    receiver.hooks.clear()
    livekit.restart(ghosts=True, rejoin=True)
    receiver.wait_for(lambda hooks: "track_published" in names(hooks))
    assert names(receiver.hooks) == ["room_started", "participant_joined", "track_published"]
    started, joined, published = bodies(receiver.hooks)
    assert joined["participant"]["identity"] == "web"
    assert joined["participant"]["sid"] != before["sid"]
    assert published["track"]["sid"] != before["tracks"][0]["sid"]
    assert started["room"]["sid"] == room_sid(livekit)


def room_sid(livekit: LiveKit) -> str:
    return str(livekit.call("RoomService", "ListRooms")["rooms"][0]["sid"])
