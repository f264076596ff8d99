"""What we believe of LiveKit's webhooks: signed, in order, repeated after some failures only."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from livekit.api import TokenVerifier, WebhookReceiver

from tests.plugins.receiver import Hook, Receiver
from tests.support.contract import Server

pytestmark = pytest.mark.contract
SILENCE_SECONDS = 1.5 if os.environ.get("LIVEKIT_URL") else 0.2  # a repeat comes after one second, or 0.02


def of_room(hooks: list[Hook], room: str) -> list[tuple[Hook, dict[str, Any]]]:
    """The hooks about one room, with their bodies."""
    bodies = [(hook, json.loads(hook.body)) for hook in hooks]
    return [(hook, body) for hook, body in bodies if body.get("room", {}).get("name") == room]


def events(hooks: list[Hook], room: str) -> list[str]:
    return [body["event"] for _, body in of_room(hooks, room)]


def answering(room: str, status: Callable[[list[Hook]], int]) -> Callable[[list[Hook]], int]:
    """Answer hooks of one room; those of other rooms on a shared server are taken."""
    return lambda found: status(found) if of_room(found[-1:], room) else 200


def test_a_room_is_told_when_it_starts_and_when_it_ends_in_that_order(server: Server, hooks: Receiver, room: str):
    server.rooms("DeleteRoom", {"room": room})
    hooks.wait_for(lambda found: "room_finished" in events(found, room))
    assert events(hooks.hooks, room) == ["room_started", "room_finished"]


def test_a_webhook_is_signed_with_a_bare_token_over_the_hash_of_its_body(server: Server, hooks: Receiver, room: str):
    hook, _ = hooks.wait_for(lambda found: of_room(found, room))[0]
    token = hook.headers["Authorization"]
    WebhookReceiver(TokenVerifier(server.api_key, server.api_secret)).receive(hook.body.decode(), token)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert hook.headers["Content-Type"] == "application/webhook+json"
    assert claims["iss"] == server.api_key
    assert claims["exp"] - claims["nbf"] == 300
    assert claims["sha256"] == base64.b64encode(hashlib.sha256(hook.body).digest()).decode()


def test_a_webhook_is_camel_case_without_zero_values(hooks: Receiver, room: str):
    _, body = hooks.wait_for(lambda found: of_room(found, room))[0]
    assert set(body) == {"event", "id", "createdAt", "room"}
    assert body["id"].startswith("EV_")
    assert abs(int(body["createdAt"]) - time.time()) < 60
    assert isinstance(body["createdAt"], str)
    assert body["room"]["emptyTimeout"] == 60
    assert not {"metadata", "numParticipants", "activeRecording"} & set(body["room"])


def test_after_a_server_error_the_same_bytes_come_again(server: Server, hooks: Receiver, room: str):
    hooks.wait_for(lambda found: of_room(found, room))
    hooks.answer = answering(room, lambda found: 500 if events(found, room).count("room_finished") < 2 else 200)
    server.rooms("DeleteRoom", {"room": room})
    hooks.wait_for(lambda found: events(found, room).count("room_finished") == 2)
    first, second = (hook for hook, body in of_room(hooks.hooks, room) if body["event"] == "room_finished")
    assert (first.body, first.headers["Authorization"]) == (second.body, second.headers["Authorization"])


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_refusal_is_never_repeated(server: Server, hooks: Receiver, room: str, status: int):
    hooks.wait_for(lambda found: of_room(found, room))
    hooks.answer = answering(room, lambda found: status)
    server.rooms("DeleteRoom", {"room": room})
    hooks.wait_for(lambda found: "room_finished" in events(found, room))
    time.sleep(SILENCE_SECONDS)
    assert events(hooks.hooks, room).count("room_finished") == 1


def test_people_are_told_with_what_they_are_and_tracks_without(hooks: Receiver, room: str, person):
    hooks.wait_for(lambda found: "track_published" in events(found, room))
    bodies = {body["event"]: body for _, body in of_room(hooks.hooks, room)}
    joined, published = bodies["participant_joined"], bodies["track_published"]
    assert joined["participant"]["name"] == "Speaker"
    assert "kind" not in joined["participant"]
    assert set(published["room"]) == {"sid", "name"}
    assert published["participant"] == {"sid": person["sid"], "identity": "speaker"}
    assert "type" not in published["track"]
