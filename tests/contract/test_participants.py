"""What we believe of LiveKit's participants and tokens: what cannot be undone, who is refused how."""

from datetime import timedelta

import pytest
from livekit.api import AccessToken, VideoGrants

from tests.support.contract import NAMES, Server, nobodys_track, unique_name

pytestmark = pytest.mark.contract
NOT_ANSWERED = (503, "unavailable", "no response from servers")
DENIED = {"code": "unauthenticated", "msg": "permissions denied"}


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("UpdateSubscriptions", {"identity": "no one", "track_sids": ["TR_x"], "subscribe": False}),
        ("PerformRpc", {"destination_identity": "no one", "method": "x", "payload": "y"}),
    ],
)
def test_other_methods_wait_for_an_absent_participant_and_say_that_nobody_answered(
    server: Server, room: str, method: str, body: dict[str, object]
):
    answer = server.rooms(method, {"room": room, **body})
    assert (answer.status, answer.code, answer.msg) == NOT_ANSWERED


def test_data_for_a_room_that_is_not_live_is_answered_by_nobody(server: Server, room: str):
    assert server.rooms("SendData", {"room": room, "data": "aGk="}).status == 200
    absent = server.rooms("SendData", {"room": unique_name(), "data": "aGk="})
    assert (absent.status, absent.code, absent.msg) == NOT_ANSWERED


@pytest.mark.parametrize(
    ("method", "body", "grants"),
    [
        ("ListRooms", {}, VideoGrants(room_create=True)),
        ("CreateRoom", {"name": f"{NAMES}never-made"}, VideoGrants(room_list=True)),
        ("ListParticipants", {"room": "one"}, VideoGrants(room_admin=True, room="another")),
        ("ListParticipants", {"room": "one"}, VideoGrants(room_admin=True)),
        ("ListRooms", {}, None),
    ],
)
def test_a_missing_grant_is_401_in_json(server: Server, method: str, body: dict[str, str], grants: VideoGrants | None):
    token = server.token(video=grants) if grants else None
    answer = server.post(f"livekit.RoomService/{method}", body, token)
    assert (answer.status, answer.body) == (401, DENIED)


def test_a_forged_or_expired_token_is_401_in_plain_text(server: Server):
    grants = VideoGrants(room_list=True)
    forged = AccessToken(server.api_key, "another secret of thirty-two bytes!!").with_grants(grants).to_jwt()
    old = AccessToken(server.api_key, server.api_secret).with_grants(grants).with_ttl(timedelta(seconds=-90)).to_jwt()
    for token in (forged, old):
        answer = server.post("livekit.RoomService/ListRooms", {}, token)
        assert (answer.status, answer.content_type) == (401, "text/plain")


def test_a_participant_can_be_muted_but_is_unmuted_only_by_a_server_that_is_told_to(
    server: Server, room: str, person, unmutes: bool
):
    track = {"room": room, "identity": person["identity"], "track_sid": person["tracks"][0]["sid"]}
    muted = server.rooms("MutePublishedTrack", {**track, "muted": True})
    assert (muted.status, muted.body["track"]["muted"]) == (200, True)
    back = server.rooms("MutePublishedTrack", {**track, "muted": False})
    if unmutes:
        assert (back.status, back.body["track"]["muted"]) == (200, False)
    else:
        assert (back.status, back.msg) == (412, "remote unmute not enabled")


def test_taking_the_right_to_publish_destroys_the_track_for_good(server: Server, room: str, person):
    who = {"room": room, "identity": person["identity"]}
    rights = {"can_subscribe": True, "can_publish_data": True}
    gone = server.rooms("UpdateParticipant", {**who, "permission": rights})
    assert (gone.status, gone.body["tracks"]) == (200, [])
    back = server.rooms("UpdateParticipant", {**who, "permission": {**rights, "can_publish": True}})
    assert (back.status, back.body["tracks"]) == (200, [])


def test_attributes_are_merged_and_an_empty_value_deletes(server: Server, room: str, person):
    who = {"room": room, "identity": person["identity"]}
    for attributes, expected in [({"a": "1", "b": "2"}, {"a": "1", "b": "2"}), ({"a": ""}, {"b": "2"})]:
        assert server.rooms("UpdateParticipant", {**who, "attributes": attributes}).body["attributes"] == expected


def test_whether_a_server_unmutes_can_be_asked_of_a_track_that_nobody_has(
    server: Server, room: str, person, unmutes: bool
):
    """Frontdesk asks so before it mutes a caller: nothing changes for the person."""
    answer = server.rooms("MutePublishedTrack", nobodys_track(room, person))
    if unmutes:
        assert (answer.status, answer.body) == (200, {"track": None})
    else:
        assert (answer.status, answer.msg) == (412, "remote unmute not enabled")
    (still,) = server.rooms("ListParticipants", {"room": room}).body["participants"]
    assert [each["muted"] for each in still["tracks"]] == [each["muted"] for each in person["tracks"]]


def test_hearing_is_taken_and_given_back_with_a_mark_in_the_same_call_and_the_track_stays(
    server: Server, room: str, person
):
    who = {"room": room, "identity": person["identity"]}
    rights = {"can_publish": True, "can_publish_data": True, "can_update_metadata": True}
    held = server.rooms("UpdateParticipant", {**who, "permission": rights, "attributes": {"frontdesk.held": "1"}}).body
    assert (held["permission"]["can_subscribe"], held["attributes"]["frontdesk.held"]) == (False, "1")
    free = server.rooms(
        "UpdateParticipant",
        {**who, "permission": {**rights, "can_subscribe": True}, "attributes": {"frontdesk.held": ""}},
    ).body
    assert free["permission"]["can_subscribe"] is True
    assert "frontdesk.held" not in free["attributes"]
    assert [track["sid"] for track in free["tracks"]] == [track["sid"] for track in person["tracks"]]
