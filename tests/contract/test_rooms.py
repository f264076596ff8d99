"""What we believe of LiveKit's rooms, and of people who are not there."""

import pytest
from livekit.api import VideoGrants

from tests.support.contract import unique_name

pytestmark = pytest.mark.contract
ABSENT = "participant does not exist"


def test_a_room_is_answered_in_snake_case_with_all_fields_and_long_numbers_as_text(make_room):
    room = make_room(metadata="m", empty_timeout=60)
    assert room["sid"].startswith("RM_") and (room["metadata"], room["empty_timeout"]) == ("m", 60)
    assert (room["num_participants"], room["active_recording"], room["version"]) == (0, False, None)
    assert room["creation_time"].isdecimal() and room["creation_time_ms"].isdecimal()


def test_creating_a_room_again_answers_the_old_one_unchanged(server, make_room):
    room = make_room(metadata="first", empty_timeout=60)
    again = server.rooms("CreateRoom", {"name": room["name"], "metadata": "second", "empty_timeout": 90})
    assert (again.status, again.body["sid"]) == (200, room["sid"])
    assert (again.body["metadata"], again.body["empty_timeout"]) == ("first", 60)


def test_both_spellings_of_a_field_are_read_and_unknown_fields_are_passed_over(make_room):
    assert make_room(emptyTimeout=61, nobodyKnowsThis=1)["empty_timeout"] == 61


def test_lists_leave_unknown_rooms_out(server, make_room):
    room = make_room()
    listed = server.rooms("ListRooms", {"names": [room["name"], unique_name()]}).body["rooms"]
    assert [each["sid"] for each in listed] == [room["sid"]]


def test_an_absent_room_has_nobody_in_it_and_cannot_be_deleted_or_described(server):
    name = unique_name()
    assert server.rooms("ListParticipants", {"room": name}).body == {"participants": []}
    for method in ("DeleteRoom", "UpdateRoomMetadata"):
        answer = server.rooms(method, {"room": name, "metadata": "m"})
        assert (answer.status, answer.msg) == (404, "requested room does not exist")


def test_metadata_is_replaced(server, make_room):
    room = make_room(metadata="before")
    answer = server.rooms("UpdateRoomMetadata", {"room": room["name"], "metadata": "after"})
    assert (answer.status, answer.body["metadata"]) == (200, "after")


def test_a_deleted_room_is_gone_at_once(server, make_room):
    room = make_room()
    assert (server.rooms("DeleteRoom", {"room": room["name"]}).body) == {}
    assert server.rooms("ListRooms", {"names": [room["name"]]}).body == {"rooms": []}


@pytest.mark.parametrize("method", ["GetParticipant", "RemoveParticipant", "UpdateParticipant"])
def test_somebody_absent_is_not_found_at_once(server, make_room, method):
    answer = server.rooms(method, {"room": make_room()["name"], "identity": "no one"})
    assert (answer.status, answer.code, answer.msg) == (404, "not_found", ABSENT)


def test_a_track_of_somebody_absent_is_a_timeout_not_an_absence(server, make_room):
    asked = {"room": make_room()["name"], "identity": "no one", "track_sid": "TR_x", "muted": True}
    answer = server.rooms("MutePublishedTrack", asked)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.msg == "no response from servers"


def test_a_name_that_is_too_long_is_refused(server):
    answer = server.rooms("CreateRoom", {"name": "n" * 257})
    assert (answer.status, answer.code) == (400, "invalid_argument")
    assert answer.msg == "room name length exceeds limits: max length 256"


def test_administering_one_room_is_not_administering_another(server, make_room):
    token = server.token(video=VideoGrants(room_admin=True, room=unique_name()))
    answer = server.post("livekit.RoomService/ListParticipants", {"room": make_room()["name"]}, token)
    assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"name": 1}'])
def test_what_is_no_request_is_malformed(server, body):
    token = server.token(video=VideoGrants(room_create=True))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = server.send("POST", "livekit.RoomService/CreateRoom", headers, data=body)
    assert (answer.status, answer.code, answer.msg) == (400, "malformed", "the json request could not be decoded")


def test_an_unknown_method_and_a_get_are_bad_routes(server):
    headers = {"Authorization": f"Bearer {server.token(video=VideoGrants(room_list=True))}"}
    for verb, method in [("POST", "NobodyKnowsThis"), ("GET", "ListRooms")]:
        answer = server.send(verb, f"livekit.RoomService/{method}", headers, json={})
        assert (answer.status, answer.code) == (404, "bad_route")
