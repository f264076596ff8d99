"""A hold, a release or a removal that broke off half-way is finished, and only that: what somebody inside did stays."""

import threading
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from flask import Flask

from tests.support.database import LOCKED, failing
from tests.support.meanwhile import waiting_for_livekit
from tests.support.personas import SWAP, Browser
from tests.support.phones import Door, decide, entries, learn
from tests.support.waiting import PATIENCE, until
from webapp.audit import Actor
from webapp.calls import book
from webapp.calls.models import Hold
from webapp.core.db import db
from webapp.holds import decisions, hold
from webapp.jobs import register
from webapp.livekit import rooms
from webapp.livekit.rooms import Participant
from webapp.lobby import service
from webapp.rooms.models import Room

As = Callable[[str], Browser]
WAITING_AGAIN = ("UPDATE lobby_entries SET status = 'waiting', decided_at = NULL", "UPDATE calls SET hold = 'held'")


def dialled(door: Door) -> str:
    """Somebody whose arrival nobody told us of, and who was muted but not deafened."""
    learn(True)
    door.livekit.hook_fault("drop", event="participant_joined", times=1)
    door.livekit.fail("UpdateParticipant", times=1)
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    door.livekit.settle()
    return phone


def test_who_was_admitted_amid_a_hold_that_broke_off_is_heard(door: Door):
    phone = dialled(door)
    decide("admit")
    assert hold.now(door.room_id) == []
    assert door.is_free(phone)


def test_a_hold_that_broke_off_is_finished_as_due_work_not_by_the_next_sweep_alone(door: Door):
    phone = dialled(door)
    register.sweep_due_work()
    assert door.is_held(phone)


def test_a_release_that_livekit_failed_is_due_work_too(door: Door, client_as: As):
    phone = door.waiting()
    door.livekit.fail("MutePublishedTrack", times=1)
    client_as("owner").post(f"/lobby/{entries()[0].id}/admit", headers=SWAP)
    assert not door.is_free(phone)
    register.sweep_due_work()
    assert door.is_free(phone)


def test_whom_somebody_inside_muted_after_a_half_done_release_stays_muted(door: Door):
    phone = door.waiting()
    door.livekit.fail("UpdateParticipant", times=1)  # the floor is given back, hearing is not
    decide("admit")
    assert hold.now(door.room_id) == ["unavailable"]
    person = door.person(phone)
    track = {"room": str(door.room_id), "identity": person["identity"], "track_sid": person["tracks"][0]["sid"]}
    door.livekit.call("RoomService", "MutePublishedTrack", muted=True, **track)
    door.installation.sweep()
    person = door.person(phone)
    assert person["tracks"][0]["muted"] is True
    assert door.installation.phone(phone)["hears"]


def test_the_next_call_of_the_same_caller_is_not_let_in_by_the_release_of_the_one_before(door: Door):
    door.waiting("anonymous")
    decide("admit")
    room_id = door.room_id
    with waiting_for_livekit(door.livekit, "UpdateParticipant", lambda: hold.now(room_id)) as failures:
        later = door.waiting("anonymous")
    assert failures == [[]]
    assert door.is_held(later)


def test_a_stale_list_sends_no_other_call_of_that_number_away(door: Door):
    phone = door.waiting()
    (stale,) = [one for one in rooms.list_participants(str(door.room_id)) if one.is_phone]
    stale = replace(stale, attributes={**stale.attributes, "sip.callID": "SCL_before"}, sid="PA_before")
    decisions.turn_away(door.room_id, stale)
    assert hold.agree(door.room_id, [stale]) == []
    assert door.is_held(phone)


def test_a_database_that_fails_one_caller_does_not_leave_the_next_one_heard(door: Door):
    learn(True)
    door.livekit.hooks_to()
    found = [door.dial("+15550101"), door.dial("+15550102")]
    until(lambda: all(door.person(phone).get("tracks") for phone in found))
    with failing("INSERT INTO calls", LOCKED, times=1):
        assert hold.now(door.room_id) == ["OperationalError"]
    assert not any(door.installation.phone(phone)["audible"] for phone in found)


def test_callers_who_wait_in_a_room_that_is_deleted_are_sent_away(door: Door, client_as: As):
    phone = door.waiting()
    assert client_as("owner").post(f"/rooms/{door.room.slug}/delete").status_code == 303
    door.installation.sweep()
    until(lambda: door.installation.phone(phone)["state"] == "ended")
    assert [entry.end_reason for entry in entries()] == ["room_deleted"]
    assert door.call(phone).hold is Hold.TURNED_AWAY


def test_who_comes_into_a_room_just_deleted_is_not_let_in(door: Door):
    learn(True)
    door.again(deleted_at=door.room.created_at)
    phone = door.dial()
    door.livekit.settle()
    until(lambda: door.installation.phone(phone)["state"] == "ended")


def test_a_meeting_that_a_host_ended_cut_nobody_off_though_livekit_told_nothing(door: Door, client_as: As):
    phone = door.waiting()
    decide("admit")
    hold.now(door.room_id)
    call_id = door.call_id(phone)
    door.livekit.hooks_to()
    client_as("owner").post(f"/rooms/{door.room.slug}/end")
    ended = db.session.scalar(sa.select(book.Call.end_reason).where(book.Call.sip_call_id == call_id))
    assert ended == "room_deleted"


def test_a_look_and_a_decision_about_many_callers_do_not_wait_for_each_other(door: Door, app: Flask):
    """On PostgreSQL they did, each for rows that the other had; one of the two was lost."""
    learn(True)
    found = [door.waiting(f"+1555{count:04}") for count in range(12)]
    here = [one for one in rooms.list_participants(str(door.room_id)) if one.is_phone]
    assert len(here) == len(found)
    last, failures = entries()[-1].id, list[str]()
    for turn in range(6):
        for table in (
            "UPDATE lobby_entries SET status = 'waiting', decided_at = NULL",
            "UPDATE calls SET hold = 'held'",
        ):
            db.session.execute(sa.text(table))
        db.session.commit()
        begin = threading.Barrier(2)
        others = [replace(one, sid=f"PA_{turn}_{count}") for count, one in enumerate(reversed(here))]

        def look(others: list[Participant] = others, begin: threading.Barrier = begin) -> None:
            begin.wait(PATIENCE)
            book.observe(door.room_id, others)

        def admit(begin: threading.Barrier = begin) -> None:
            begin.wait(PATIENCE)
            service.admit_all([db.session.get_one(Room, door.room_id)], actor=Actor.system(), last=last)

        def run(work: object) -> None:
            with app.app_context():
                try:
                    work()  # type: ignore[operator]
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    failures.append(type(error).__name__)

        both = [threading.Thread(target=run, args=(work,)) for work in (look, admit)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(PATIENCE)
    assert failures == []
