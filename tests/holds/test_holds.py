"""A caller who must wait is held at once: neither heard nor hearing, and in the queue."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.installation import CALLER, Installation
from tests.support.livekit import LiveKit
from tests.support.personas import persona
from tests.support.phones import Door, calls, decide, entries, learn, let_pass, make_door
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.calls.models import Call, Hold
from webapp.core.db import db
from webapp.holds import hold
from webapp.jobs import register
from webapp.live import sweep
from webapp.lobby import service
from webapp.lobby.models import EntryKind, Status
from webapp.rooms.models import AccessLevel

OTHER = "+15554321"
ANYBODY = Actor.system()


@pytest.mark.parametrize("level", [AccessLevel.RESTRICTED, AccessLevel.TRUSTED])
def test_a_caller_is_not_heard_and_hears_nothing_and_waits_in_the_queue(door: Door, level: AccessLevel) -> None:
    door.again(access_level=level)
    phone = door.waiting()
    stands = door.installation.phone(phone)
    assert (stands["state"], stands["audible"], stands["hears"]) == ("inside", False, False)
    (entry,) = entries()
    assert (entry.kind, entry.status, entry.name) == (EntryKind.PHONE, Status.WAITING, "34")
    assert (entry.room_id, entry.sip_call_id) == (door.room.id, door.call_id(phone))
    assert door.call(phone).held_at is not None
    until(lambda: door.call(phone).hold_ms is not None)


def test_the_phone_may_publish_all_the_time_or_its_track_would_be_gone_for_good(door: Door) -> None:
    phone = door.waiting()
    rights = door.person(phone)["permission"]
    assert (rights["can_publish"], rights["can_publish_data"], rights["can_update_metadata"]) == (True, True, True)
    assert rights["can_subscribe"] is False
    assert [track["muted"] for track in door.person(phone)["tracks"]] == [True]


def test_a_caller_of_a_public_room_is_not_held_and_no_call_is_made(hooked: LiveKit, installation: Installation) -> None:
    hooked.switch(enable_remote_unmute=True)
    door = make_door(installation, AccessLevel.PUBLIC, hide_phone_number=False)
    phone = door.dial()
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.FREE)
    until(lambda: door.is_free(phone))
    hooked.settle()
    installation.sweep()
    asked = ("UpdateParticipant", "MutePublishedTrack", "GetParticipant", "RemoveParticipant")
    assert [hooked.calls(method) for method in asked] == [0, 0, 0, 0]
    assert entries() == []


def test_a_caller_of_a_public_room_stays_free_when_the_room_is_closed_later(door: Door) -> None:
    door.again(access_level=AccessLevel.PUBLIC)
    phone = door.dial()
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.FREE)
    door.again(access_level=AccessLevel.RESTRICTED)
    door.installation.sweep()
    assert door.is_free(phone)


def test_callers_wait_in_the_order_in_which_they_came(door: Door) -> None:
    first, second = door.waiting(), door.waiting(OTHER)
    assert [entry.sip_call_id for entry in entries()] == [door.call_id(first), door.call_id(second)]


def test_a_caller_who_hangs_up_waits_no_more(door: Door) -> None:
    phone = door.waiting()
    door.livekit.hang_up(phone)
    until(lambda: entries()[0].status is Status.LEFT)
    assert entries()[0].end_reason == "client_initiated"


def test_the_second_caller_with_a_number_ends_the_first_and_waits_in_a_place_of_its_own(door: Door) -> None:
    first = door.waiting()
    before = door.call_id(first)
    second = door.waiting()
    until(lambda: entries()[0].end_reason == calls()[before].end_reason == "duplicate_identity")
    gone, waits = entries()
    assert (gone.sip_call_id, gone.status) == (before, Status.LEFT)
    assert (waits.sip_call_id, waits.status) == (door.call_id(second), Status.WAITING)
    assert door.installation.phone(first)["state"] == "ended"


def test_a_call_that_comes_back_after_livekit_restarted_is_held_again_in_the_same_place(door: Door) -> None:
    phone = door.waiting()
    before, (entry,) = door.person(phone)["sid"], entries()
    door.livekit.restart(rejoin=True)
    until(lambda: door.person(phone).get("sid") not in {None, before})
    until(lambda: door.is_held(phone))
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_held(phone)
    (still,) = entries()
    assert (still.id, still.status) == (entry.id, Status.WAITING)


def test_a_call_that_was_admitted_stays_free_after_livekit_restarted(door: Door) -> None:
    phone = door.waiting()
    admit(door)
    until(lambda: door.is_free(phone))
    before = door.person(phone)["sid"]
    door.livekit.restart(rejoin=True)
    until(lambda: door.person(phone).get("sid") not in {None, before})
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_free(phone)
    assert door.call(phone).hold is Hold.ADMITTED


def admit(door: Door, which: int = -1) -> None:
    """A host's word, and LiveKit made to follow."""
    service.admit(entries()[which], actor=ANYBODY)
    db.session.commit()
    assert hold.now(door.room_id) == []


@pytest.mark.parametrize("seconds", [1, 300])  # and what the test itself takes
def test_a_caller_who_was_admitted_and_cut_off_is_admitted_again_within_ten_minutes(door: Door, seconds: int) -> None:
    cut_off(door, timedelta(seconds=seconds))
    updates = door.rights_changed()
    phone = door.dial()
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.ADMITTED)
    until(lambda: door.is_free(phone))
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_free(phone)
    assert door.rights_changed() == updates
    assert [entry.status for entry in entries()] == [Status.ACCEPTED]


def cut_off(door: Door, ago: timedelta, caller: str = CALLER) -> None:
    """Somebody was let in, and their call ended so long ago."""
    phone = door.waiting(caller)
    admit(door)
    call_id = door.call_id(phone)
    door.livekit.hang_up(phone)
    until(lambda: calls()[call_id].left_at)
    let_pass(calls()[call_id], left_at=ago)


def test_after_ten_minutes_the_caller_waits_again(door: Door) -> None:
    cut_off(door, timedelta(minutes=10, seconds=1))
    door.waiting()


def test_another_caller_is_not_admitted_for_the_first(door: Door) -> None:
    cut_off(door, timedelta(seconds=1))
    door.waiting(OTHER)


def test_an_admission_does_not_hold_for_another_room(door: Door) -> None:
    other = make_door(door.installation)
    cut_off(door, timedelta(seconds=1))
    other.waiting()


@pytest.mark.parametrize("caller", ["anonymous", "unavailable"])
def test_callers_without_a_number_are_never_admitted_for_one_another(door: Door, caller: str) -> None:
    cut_off(door, timedelta(seconds=1), caller)
    door.waiting(caller)
    assert entries()[-1].name == ""


def test_whoever_a_host_removed_waits_again(door: Door, client_as) -> None:
    phone = door.waiting()
    admit(door)
    sid = door.person(phone)["sid"]
    client_as("owner").post(f"/rooms/{door.room.slug}/inside/remove", data={"sid": sid})
    until(lambda: door.installation.phone(phone)["state"] == "ended")
    door.waiting()


def test_whoever_a_host_removed_after_coming_back_waits_again_too(door: Door, client_as) -> None:
    cut_off(door, timedelta(seconds=1))
    phone = door.dial()
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.ADMITTED)
    until(lambda: door.is_free(phone))
    sid, call_id = door.person(phone)["sid"], door.call_id(phone)
    client_as("owner").post(f"/rooms/{door.room.slug}/inside/remove", data={"sid": sid})
    until(lambda: calls()[call_id].end_reason == "participant_removed")
    door.waiting()


def test_who_was_denied_and_hung_up_before_livekit_heard_of_it_waits_again(door: Door) -> None:
    phone = door.waiting()
    decide("deny")
    call_id = door.call_id(phone)
    door.livekit.hang_up(phone)
    until(lambda: calls()[call_id].left_at)
    assert (calls()[call_id].hold, calls()[call_id].end_reason) == (Hold.DENIED, "client_initiated")
    door.waiting()


def test_a_denial_counts_more_than_the_admission_before_it(door: Door) -> None:
    cut_off(door, timedelta(minutes=2))
    phone = door.dial()
    until(lambda: door.is_free(phone))
    call_id = door.call_id(phone)
    door.livekit.hang_up(phone)
    until(lambda: call_id in calls() and calls()[call_id].left_at)
    db.session.execute(sa.update(Call).where(Call.sip_call_id == call_id).values(hold=Hold.DENIED))
    db.session.commit()
    door.waiting()


def test_the_same_host_is_named_when_the_admission_holds_again(door: Door) -> None:
    owner = persona("owner")
    phone = door.waiting()
    service.admit(entries()[0], actor=Actor.user(owner))
    db.session.commit()
    hold.now(door.room_id)
    call_id = door.call_id(phone)
    door.livekit.hang_up(phone)
    until(lambda: calls()[call_id].left_at)
    again = door.dial()
    until(lambda: door.call(again) and door.call(again).hold is Hold.ADMITTED)
    assert door.call(again).decided_by_id == owner.id


def test_as_many_callers_wait_as_may_and_the_next_is_turned_away(door: Door, change_settings) -> None:
    change_settings(lobby_room_limit=1)
    door.waiting()
    turned = door.installation.dial(OTHER, pin=str(door.room.pin))
    until(lambda: door.installation.phone(turned)["state"] == "ended")
    until(lambda: [call.hold for call in calls().values()] == [Hold.HELD, Hold.TURNED_AWAY])
    assert list(calls().values())[1].end_reason == "lobby_full"
    assert len(entries()) == 1


def test_opening_the_room_lets_callers_in_by_nobodys_hand(door: Door, client_as) -> None:
    phone = door.waiting()
    form = {"name": door.room.name, "slug": door.room.slug, "access_level": "public"}
    assert client_as("owner").post(f"/rooms/{door.room.slug}/edit", data=form).status_code == 303
    until(lambda: door.is_free(phone))
    (entry,) = entries()
    assert (entry.status, entry.decided_by_id) == (Status.ACCEPTED, None)
    assert door.call(phone).hold is Hold.FREE


def test_the_sweep_lets_callers_in_when_the_room_was_opened_behind_its_back(door: Door) -> None:
    phone = door.waiting()
    door.again(access_level=AccessLevel.PUBLIC)
    door.installation.sweep()
    assert door.is_free(phone)
    assert entries()[0].status is Status.ACCEPTED


def test_whom_a_host_inside_has_muted_stays_muted(door: Door) -> None:
    phone = door.waiting()
    admit(door)
    until(lambda: door.is_free(phone))
    person = door.person(phone)
    told = {"room": str(door.room.id), "identity": person["identity"], "track_sid": person["tracks"][0]["sid"]}
    door.livekit.call("RoomService", "MutePublishedTrack", muted=True, **told)
    door.installation.sweep()
    hold.now(door.room_id)
    assert door.person(phone)["tracks"][0]["muted"] is True


def test_the_end_of_the_meeting_empties_the_queue(door: Door) -> None:
    door.waiting()
    door.livekit.call("RoomService", "DeleteRoom", room=str(door.room.id))
    until(lambda: entries()[0].status is not Status.WAITING)


def test_nobody_learns_a_number_from_our_rows(door: Door) -> None:
    door.waiting()
    admit(door)
    number = CALLER.removeprefix("+")
    for table in ("calls", "lobby_entries", "deliveries", "due_work", "rooms", "audit_entries"):
        rows = db.session.execute(sa.text(f"SELECT * FROM {table}")).all()
        db.session.commit()
        assert number not in str(rows), table


def test_the_live_meeting_hears_that_a_caller_waits(door: Door) -> None:
    door.waiting()
    register.sweep_due_work()
    (message,) = door.livekit.messages(str(door.room.id))
    assert "participantWaiting" in message["data"]


def test_the_probe_is_not_asked_again_while_the_answer_is_young(door: Door) -> None:
    learn(works=True)
    door.installation.sweep()
    sweep.sweep()
    assert door.livekit.calls("MutePublishedTrack") == 0
