"""Where callers' numbers are hidden, the others see “Caller 1”: a number of the meeting, and nothing of the phone's."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.phones import Door, calls, decide, entries, learn, make_door
from tests.support.waiting import until
from webapp.calls import book, pseudonyms
from webapp.core.db import db, utcnow
from webapp.holds import hold, names
from webapp.live import jobs, reconcile
from webapp.livekit import rooms
from webapp.rooms.models import AccessLevel, Room

As = Callable[[str], Browser]
SECOND, THIRD = "+15554321", "+15550199"
SWAP = {"HX-Request": "true"}


def name(door: Door, phone: str) -> str:
    """What the others see of the phone."""
    return str(door.person(phone).get("name"))


def named(door: Door, *phones: str) -> list[str]:
    """The same, once what hooks brought about is done."""
    door.livekit.settle()
    return [name(door, phone) for phone in phones]


def test_callers_who_wait_are_numbered_in_the_order_in_which_they_came(door: Door):
    first, second = door.waiting(), door.waiting(SECOND)
    assert named(door, first, second) == ["Caller 1", "Caller 2"]
    assert door.is_held(first) and door.is_held(second)


def test_callers_who_come_straight_in_are_numbered_and_nothing_else_of_them_is_touched(
    hooked: LiveKit, installation: Installation
):
    door = make_door(installation, AccessLevel.PUBLIC)
    phone = door.dial()
    until(lambda: door.is_free(phone))
    assert named(door, phone) == ["Caller 1"]
    (asked,) = hooked.asked("UpdateParticipant")
    assert {field: value for field, value in asked.items() if value} == {
        "room": str(door.room_id),
        "identity": door.person(phone)["identity"],
        "name": "Caller 1",
    }


def test_where_numbers_are_shown_nobody_is_renamed(door: Door):
    door.again(hide_phone_number=False)
    phone = door.waiting()
    assert named(door, phone)[0].startswith("Phone ")
    assert calls()[door.call_id(phone)].meeting_number is None


def test_a_caller_keeps_the_number_when_admitted_and_when_livekit_restarts_under_the_call(door: Door):
    phone, other = door.waiting(), door.waiting(SECOND)
    decide("admit")
    hold.now(door.room_id)
    before = door.person(phone)["sid"]
    door.livekit.restart(rejoin=True)
    until(lambda: door.person(phone).get("sid") not in {None, before})
    door.livekit.settle()
    door.installation.sweep()
    assert named(door, phone, other) == ["Caller 1", "Caller 2"]


def test_livekits_own_name_is_replaced_again_when_it_comes_back_with_the_call(door: Door):
    phone = door.waiting()
    told = {"room": str(door.room_id), "identity": door.person(phone)["identity"]}
    door.livekit.call("RoomService", "UpdateParticipant", name="Phone 1234", **told)
    door.installation.sweep()
    assert named(door, phone) == ["Caller 1"]


def test_a_number_is_given_to_no_other_call_of_the_meeting_not_even_to_the_same_callers_next(door: Door):
    first = door.waiting()
    second = door.waiting(SECOND)
    door.livekit.hang_up(second)
    door.livekit.settle()
    again, third = door.waiting(SECOND), door.waiting(THIRD)
    assert named(door, first, again, third) == ["Caller 1", "Caller 3", "Caller 4"]


def test_the_next_meeting_of_the_room_begins_with_one(door: Door):
    door.waiting()
    door.livekit.call("RoomService", "DeleteRoom", room=str(door.room_id))
    door.livekit.settle()
    door.installation.join(door.room, publish=["microphone"])
    until(lambda: door.installation.rule_of(door.room))
    assert named(door, door.waiting(SECOND)) == ["Caller 1"]


def test_each_room_numbers_its_own_callers(door: Door):
    other = make_door(door.installation)
    assert named(door, door.waiting(), other.waiting(SECOND)) == ["Caller 1", "Caller 1"]


def test_to_name_again_changes_no_number_and_asks_livekit_for_nothing(door: Door, count_queries: Any):
    phones = [door.waiting(), door.waiting(SECOND)]
    door.livekit.settle()
    inside = rooms.list_participants(str(door.room_id))
    asked = [door.livekit.calls(method) for method in ("UpdateParticipant", "ListRooms")]
    with count_queries() as sent:
        assert names.follow(door.room_id, inside) == []
    assert sum(statement.startswith("SELECT") for statement in sent) == 1
    assert not any(statement.startswith("UPDATE") for statement in sent)
    assert [door.livekit.calls(method) for method in ("UpdateParticipant", "ListRooms")] == asked
    assert named(door, *phones) == ["Caller 1", "Caller 2"]


def test_a_look_at_a_room_without_callers_asks_no_question_for_names(door: Door, count_queries: Any):
    with count_queries() as sent:
        assert names.follow(door.room_id, rooms.list_participants(str(door.room_id))) == []
    assert sent == []


def test_a_failed_name_is_tried_again_within_seconds_and_the_hold_does_not_wait_for_it(door: Door):
    learn(True)
    door.livekit.hook_fault("drop", event="participant_joined", times=1)
    phone = door.dial()
    until(lambda: door.is_held(phone))
    door.livekit.settle()
    door.livekit.fail("UpdateParticipant", times=1)
    reconcile.now(db.session.get_one(Room, door.room_id))
    assert name(door, phone).startswith("Phone ") and door.is_held(phone)
    room = db.session.get_one(Room, door.room_id, populate_existing=True)
    assert room.reconcile_at is not None
    assert room.rule_problem == ""
    door.again(reconcile_at=utcnow() - jobs.LEFT_AFTER)
    jobs.follow_marked()
    assert named(door, phone) == ["Caller 1"]


def test_a_name_that_livekit_took_without_saying_so_costs_no_second_number(door: Door):
    learn(True)
    door.livekit.hooks_to()
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    assert hold.now(door.room_id) == []
    door.livekit.fail("UpdateParticipant", times=1, applied=True)
    door.installation.sweep()
    door.installation.sweep()
    assert named(door, phone) == ["Caller 1"]
    assert [call.meeting_number for call in calls().values()] == [1]


def test_no_name_is_given_before_the_caller_is_muted(door: Door):
    learn(True)
    door.livekit.hook_fault("drop", event="track_published", times=1)
    phone = door.dial()
    until(lambda: door.is_held(phone))
    door.livekit.settle()
    assert name(door, phone) == "Caller 1"
    assert [asked["name"] for asked in door.livekit.asked("UpdateParticipant")] == ["", "Caller 1"], "deafened first"


def test_the_next_call_of_a_number_does_not_bear_the_name_of_the_one_before(door: Door):
    door.waiting()
    (late,) = [one for one in rooms.list_participants(str(door.room_id)) if one.is_phone]
    second = door.waiting()
    book.number(door.room_id, "RM_1", [late.call_id])
    db.session.commit()
    told = {"room": str(door.room_id), "identity": late.identity}
    door.livekit.call("RoomService", "UpdateParticipant", name="Phone 1234", **told)
    late.attributes.pop("frontdesk.held", None)
    stale = rooms.Participant(late.sid, late.identity, "Phone 1234", "sip", late.joined_at, late.attributes)
    assert names.follow(door.room_id, [stale]) == [names.OTHER_CALL]
    door.installation.sweep()
    assert named(door, second) == ["Caller 2"]


def test_our_own_name_for_a_caller_is_never_taken_for_digits_of_the_number(door: Door):
    assert pseudonyms.ending_of("Caller 34") == ""
    phone = door.waiting("anonymous")
    door.livekit.settle()
    assert name(door, phone) == "Caller 1"
    call_id = door.call_id(phone)
    door.livekit.hang_up(phone)
    until(lambda: calls()[call_id].left_at)
    assert calls()[call_id].ending == ""
    assert [entry.name for entry in entries()] == [""]


def test_hosts_know_who_caller_one_is_by_the_last_two_digits(door: Door, client_as: As):
    phone = door.waiting()
    door.livekit.settle()
    page = client_as("owner").get(f"/rooms/{door.room.slug}/inside", headers=SWAP).text
    assert name(door, phone) == "Caller 1"
    assert "Shown to participants as “Caller 1”" in page
    assert "34" in page and "1234" not in page


@pytest.mark.parametrize("where", ["room", "new"])
def test_the_switch_says_what_the_others_still_see(door: Door, client_as: As, where: str):
    text = client_as("owner").get(f"/rooms/{door.room.slug}/" if where == "room" else "/rooms/new").text
    assert "participants see the number's last four digits" in text
    assert "work out the whole number" in text


def test_members_who_cannot_change_it_read_the_same(door: Door, client_as: As):
    text = client_as("administrator").get(f"/rooms/{door.room.slug}/").text
    assert text.count("participants see the number's last four digits") == 1
    door.again(hide_phone_number=False)
    assert "Shown to participants" in client_as("administrator").get(f"/rooms/{door.room.slug}/").text
