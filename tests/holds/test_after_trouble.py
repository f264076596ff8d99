"""Whatever becomes of hooks, of LiveKit and of us: who must wait is held, who was let in is free, nobody is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.background import do_before_the_answer
from tests.support.personas import Browser
from tests.support.phones import Door, calls, decide, entries, learn
from tests.support.waiting import PATIENCE, until
from webapp import create_app
from webapp.calls.models import Hold
from webapp.core import background, leases
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.holds import hold, queue
from webapp.holds import hooks as hold_hooks
from webapp.jobs import register
from webapp.live import reconcile, sweep
from webapp.livekit import rooms
from webapp.lobby.models import Status
from webapp.rooms.models import Room

STEPS = ["UpdateParticipant", "MutePublishedTrack", "GetParticipant", "ListParticipants"]
TOLD = ["participant_joined", "track_published"]


@pytest.fixture
def threads(app: Flask) -> Iterator[None]:
    """Holds run beside the answer, as they do in an installation, and end with the test."""
    before = app.extensions[background.AT_ONCE]
    with ThreadPoolExecutor(4) as app.extensions[background.AT_ONCE]:
        yield
    app.extensions[background.AT_ONCE] = before


@pytest.mark.parametrize("event", TOLD)
def test_when_one_of_the_two_hooks_is_lost_the_other_is_enough_or_the_sweep_is(door: Door, event: str) -> None:
    door.livekit.hook_fault("drop", event=event, times=1)
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_held(phone)
    assert door.is_lined_up(phone)


def test_a_lost_arrival_is_made_up_for_at_once_when_the_voice_is_told_of(door: Door) -> None:
    door.livekit.hook_fault("drop", event="participant_joined", times=1)
    door.waiting()


def test_a_late_word_of_a_call_silences_the_one_that_took_its_place(door: Door) -> None:
    door.waiting()
    late = next(one for one in rooms.list_participants(str(door.room_id)) if one.is_phone)
    door.livekit.hooks_to()
    second = door.dial()
    until(lambda: door.installation.phone(second)["audible"])
    told = replace(late, tracks=(), can_subscribe=True, attributes={"sip.callID": late.call_id})
    assert hold.agree(door.room_id, [told], time.monotonic()) == []
    assert door.is_held(second)


def test_when_both_hooks_are_lost_the_sweep_holds(door: Door) -> None:
    door.livekit.hooks_to()
    phone = door.dial()
    until(lambda: door.installation.phone(phone)["audible"])
    assert not door.is_held(phone)
    door.installation.sweep()
    assert door.is_held(phone)
    assert door.is_lined_up(phone)


@pytest.mark.parametrize("kind", ["reverse", "duplicate"])
def test_hooks_in_the_wrong_order_or_twice_hold_once(door: Door, kind: str) -> None:
    door.livekit.hook_fault(kind, times=2)
    phone = door.waiting()
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_held(phone)
    assert len(entries()) == len(calls()) == 1


def test_an_end_that_is_told_before_the_beginning_leaves_nobody_in_the_queue(door: Door) -> None:
    door.livekit.hook_fault("reverse", times=4)
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    door.livekit.hang_up(phone)
    door.livekit.heal()
    door.livekit.settle()
    until(lambda: all(call.left_at for call in calls().values()))
    assert [entry for entry in entries() if entry.status is Status.WAITING] == []


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("method", STEPS)
def test_when_livekit_fails_at_a_step_the_next_look_holds(door: Door, method: str, applied: bool) -> None:
    door.livekit.fail(method, times=2, applied=applied)
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    door.livekit.settle()
    door.livekit.heal()
    door.installation.sweep()
    until(lambda: door.is_held(phone))  # a hook's own look may still be under way, and looks again
    until(lambda: door.is_lined_up(phone))


def test_what_failed_at_once_is_tried_again_without_waiting_for_the_sweep(door: Door) -> None:
    learn(works=True)
    door.livekit.fail("MutePublishedTrack", times=1)
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    door.livekit.settle()
    register.sweep_due_work()
    assert door.is_held(phone)


def test_a_host_sees_who_is_there_although_livekit_could_not_hold_them(door: Door) -> None:
    door.livekit.fail("UpdateParticipant", times=20)
    phone = door.dial()
    until(lambda: door.is_lined_up(phone))
    assert door.call(phone).hold is Hold.HELD


@pytest.mark.usefixtures("threads")
def test_the_answer_to_livekit_does_not_wait_for_the_hold(door: Door) -> None:
    learn(works=True)
    door.livekit.delay("UpdateParticipant", 1.5)
    phone = door.dial()
    until(lambda: [hook for hook in door.livekit.deliveries("participant_joined") if 200 in hook["answers"]][1:])
    assert not door.carries_mark(phone)
    until(lambda: door.is_held(phone))


@pytest.mark.usefixtures("threads")
def test_an_admission_wins_over_a_mute_that_was_on_its_way(door: Door) -> None:
    learn(works=True)
    door.livekit.delay("MutePublishedTrack", 0.5)
    phone = door.dial()
    until(lambda: door.is_lined_up(phone))
    decide("admit")
    assert hold.now(door.room_id) == []
    until(lambda: door.livekit.asked("MutePublishedTrack")[-1]["muted"] is False)
    until(lambda: door.is_free(phone))
    time.sleep(0.7)
    assert door.is_free(phone)


def test_no_lease_is_needed_to_hold(door: Door) -> None:
    learn(works=True)
    names = f"room:{door.room_id}", f"hooks:{door.room_id}"
    with leases.held(names[0], wait=10) as mine, leases.held(names[1], wait=10) as too:
        assert mine and too
        door.waiting()


def test_a_hold_that_was_written_nowhere_when_we_died_is_made_up_for(door: Door) -> None:
    door.livekit.hooks_to()
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    rights = {"can_publish": True, "can_publish_data": True, "can_update_metadata": True, "can_subscribe": False}
    told = {"room": str(door.room_id), "identity": door.person(phone)["identity"]}
    door.livekit.call("RoomService", "UpdateParticipant", permission=rights, attributes={"frontdesk.held": "1"}, **told)
    assert entries() == []
    door.installation.sweep()
    assert door.is_held(phone)
    assert door.is_lined_up(phone)


def test_an_admission_that_livekit_never_heard_of_when_we_died_is_made_up_for(door: Door) -> None:
    phone = door.waiting()
    decide("admit")
    assert not door.is_free(phone)
    door.installation.sweep()
    assert door.is_free(phone)


def test_a_denial_that_livekit_never_heard_of_when_we_died_is_made_up_for(door: Door) -> None:
    phone = door.waiting()
    decide("deny")
    door.installation.sweep()
    assert door.installation.phone(phone)["state"] == "ended"


def test_our_own_restart_while_callers_are_held_loses_nobody(door: Door, settings: Settings) -> None:
    phone = door.waiting()
    db.session.commit()
    fresh = create_app(settings)
    do_before_the_answer(fresh)
    with fresh.app_context():
        room = db.session.get_one(Room, door.room_id)
        db.session.commit()
        reconcile.now(room)
        sweep.sweep()
        assert door.is_held(phone)
        assert door.is_lined_up(phone)
        decide("admit")
        assert hold.now(door.room_id) == []
        db.dispose()
    assert door.is_free(phone)


def test_a_caller_whose_end_nobody_told_of_waits_no_more_after_the_sweep(door: Door) -> None:
    phone = door.waiting()
    door.livekit.hooks_to()
    door.livekit.hang_up(phone)
    door.installation.sweep()
    (entry,) = entries()
    assert (entry.status, entry.end_reason) == (Status.LEFT, "lost")


def test_a_reason_that_is_told_after_the_sweep_saw_nobody_is_kept(door: Door) -> None:
    door.waiting()
    (entry,) = entries()
    queue.end(door.room_id, str(entry.sip_call_id), queue.LOST)
    queue.end(door.room_id, str(entry.sip_call_id), "duplicate_identity")
    queue.end(door.room_id, str(entry.sip_call_id), "client_initiated")
    db.session.commit()
    assert entries()[0].end_reason == "duplicate_identity"


def test_who_was_taken_for_gone_and_is_there_after_all_has_the_old_place(door: Door) -> None:
    phone = door.waiting()
    db.session.execute(sa.text("UPDATE lobby_entries SET status = 'left', decided_at = asked_at"))
    db.session.commit()
    door.installation.sweep()
    assert door.is_lined_up(phone)
    assert len(entries()) == 1


def test_a_look_that_began_before_a_caller_came_does_not_take_them_for_gone(door: Door) -> None:
    seen_at = utcnow()
    phone = door.waiting()
    hold.follow(door.room_id, [], seen_at)
    assert door.is_lined_up(phone)


def test_two_that_hear_of_a_call_at_once_make_one_place_of_it(door: Door, app: Flask) -> None:
    door.livekit.hooks_to()
    phone = door.dial()
    until(lambda: door.person(phone).get("tracks"))
    together, failures = threading.Barrier(3), []

    def look() -> None:
        with app.app_context():
            together.wait(PATIENCE)
            failures.extend(hold.now(door.room_id))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []
    assert len(entries()) == len(calls()) == 1
    assert door.is_held(phone)


def test_a_late_hook_of_a_denied_call_does_not_end_the_next_call_of_that_number(door: Door) -> None:
    first = door.waiting()
    told = {"sid": door.person(first)["sid"], "identity": door.person(first)["identity"], "kind": "SIP"}
    attributes = door.person(first)["attributes"]
    decide("deny")
    hold.now(door.room_id)
    second = door.waiting()
    event = {
        "event": "participant_joined",
        "room": {"name": str(door.room_id)},
        "participant": {**told, "attributes": attributes},
    }
    hold_hooks.begin(event, time.monotonic())
    assert door.is_held(second)


def test_when_livekits_redis_was_emptied_a_held_caller_still_waits(door: Door, client_as: Callable[[str], Browser]):
    phone = door.waiting()
    call_id = door.call_id(phone)
    door.livekit.control("empty-redis")
    for _ in range(2):
        door.installation.sweep()
        assert (entries()[0].status, calls()[call_id].left_at) == (Status.WAITING, None)
    assert "Hung up" not in client_as("owner").get("/lobby/").text
    door.livekit.hang_up(phone)
    until(lambda: entries()[0].status is Status.LEFT)
    assert entries()[0].end_reason == "client_initiated"


def test_a_held_caller_whose_room_nobody_runs_any_more_waits_no_more(door: Door):
    door.waiting()
    door.livekit.restart(ghosts=False)
    door.installation.sweep()
    assert (entries()[0].status, entries()[0].end_reason) == (Status.LEFT, "lost")
