"""A number is easily feigned: who calls with that of somebody inside waits, and the host hears what LiveKit did."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.personas import Browser
from tests.support.phones import Door, calls, entries, learn, let_pass
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.calls import book
from webapp.calls.models import Hold
from webapp.core.db import db
from webapp.holds import hold
from webapp.lobby import service
from webapp.lobby.models import Status
from webapp.rooms.models import AccessLevel

As = Callable[[str], Browser]
CALLED_AGAIN = "LiveKit ended the earlier call of this number"
WITHHELD = "anonymous"


def admitted(door: Door, caller: str = "+15551234") -> str:
    """Somebody inside whom a host let in; gives the phone."""
    phone = door.waiting(caller)
    service.admit(entries()[-1], actor=Actor.system())
    db.session.commit()
    assert hold.now(door.room_id) == []
    until(lambda: door.is_free(phone))
    return phone


def test_a_second_call_of_a_number_that_is_inside_waits_whatever_was_decided_about_the_first(door: Door):
    first = door.call_id(admitted(door))
    second = door.waiting()
    until(lambda: calls()[first].end_reason == "duplicate_identity")
    assert door.call(second).hold is Hold.HELD
    door.installation.sweep()
    assert door.is_held(second)


@pytest.mark.parametrize("lost", ["participant_left", "participant_joined"])
def test_a_lost_word_of_the_first_call_lets_no_second_one_in(door: Door, lost: str):
    first = door.call_id(admitted(door))
    door.livekit.hook_fault("drop", event=lost, times=1)
    second = door.dial()
    until(lambda: door.person(second).get("tracks"))
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_held(second) and door.is_lined_up(second)
    assert calls()[first].end_reason == "duplicate_identity"
    assert entries()[-1].ended_another


def test_when_no_hook_comes_the_sweep_knows_that_the_second_call_ended_the_first(door: Door):
    first = door.call_id(admitted(door))
    door.livekit.hooks_to()
    second = door.dial()
    until(lambda: door.person(second).get("tracks"))
    door.installation.sweep()
    assert door.is_held(second) and door.is_lined_up(second)
    assert calls()[first].end_reason == "duplicate_identity"


def test_a_call_that_ended_the_first_and_was_given_up_leaves_no_memory_to_the_third(door: Door):
    admitted(door)
    second = door.waiting()
    call_id = door.call_id(second)
    door.livekit.hang_up(second)
    until(lambda: calls()[call_id].left_at)
    third = door.waiting()
    assert not entries()[-1].ended_another, "nobody was there any more"
    assert door.call(third).hold is Hold.HELD


def test_a_second_call_waits_also_where_the_first_came_while_the_room_was_open_to_all(door: Door):
    learn(True)
    cut = admitted(door)
    call_id = door.call_id(cut)
    door.livekit.hang_up(cut)
    until(lambda: calls()[call_id].left_at)
    door.again(access_level=AccessLevel.PUBLIC)
    free = door.dial()
    until(lambda: door.call(free) and door.call(free).hold is Hold.FREE)
    door.again(access_level=AccessLevel.RESTRICTED)
    door.waiting()


def test_who_was_admitted_after_such_a_second_call_and_is_cut_off_comes_back_as_everybody_does(door: Door):
    admitted(door)
    second = admitted(door)
    call_id = door.call_id(second)
    door.livekit.hang_up(second)
    until(lambda: calls()[call_id].left_at)
    let_pass(calls()[call_id], left_at=timedelta(seconds=30))
    third = door.dial()
    until(lambda: door.is_free(third) and door.call(third) and door.call(third).hold is Hold.ADMITTED)


@pytest.mark.parametrize("where", ["/lobby/", "/"])
def test_the_host_is_told_in_the_queue_that_livekit_ended_the_first_call(door: Door, client_as: As, where: str):
    admitted(door)
    assert CALLED_AGAIN not in client_as("owner").get(where).text
    door.waiting()
    assert CALLED_AGAIN in client_as("owner").get(where).text


def test_the_host_is_not_told_of_an_earlier_call_where_there_was_none(door: Door, client_as: As):
    admitted(door)
    door.waiting("+15554321")
    assert CALLED_AGAIN not in client_as("owner").get("/lobby/").text
    assert not any(entry.ended_another for entry in entries())


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ("+15551234", "The same number called again"),
        (WITHHELD, "Another caller without a number called"),
    ],
)
def test_who_was_let_in_and_whose_call_another_ended_shows_for_a_moment_in_the_queue(
    door: Door, client_as: As, caller: str, said: str
):
    first = door.call_id(admitted(door, caller))
    db.session.execute(sa.text("UPDATE lobby_entries SET decided_at = asked_at"))
    db.session.commit()
    assert "called again" not in client_as("owner").get("/lobby/").text
    door.waiting(caller)
    until(lambda: calls()[first].end_reason == book.REPLACED)
    assert said in client_as("owner").get("/lobby/").text
    assert [entry.status for entry in entries()] == [Status.LEFT, Status.WAITING]
