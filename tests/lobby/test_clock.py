"""What happens by the clock and by hooks: announcing, expiring, clearing, forgetting."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.doors import age, entries, entry, guest, look, status, version
from tests.support.factories import make_room
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import work
from webapp.jobs.register import HANDLERS
from webapp.lobby import hooks, jobs
from webapp.lobby.models import Status
from webapp.rooms.models import Room


@pytest.fixture
def near(livekit: LiveKit, change_settings: Callable[..., None]) -> LiveKit:
    """The simulated LiveKit, which the app asks."""
    change_settings(livekit_url=livekit.url)
    return livekit


def do_work() -> DueWork:
    """Do what is due; gives the one piece of it."""
    db.session.rollback()
    work.run_due(HANDLERS)
    return db.session.query(DueWork).populate_existing().one()


def test_those_inside_hear_that_somebody_waits(app: Flask, near: LiveKit, room: Room):
    near.join(str(room.id), "host")
    guest(app, room)
    assert do_work().done_at is not None
    heard = near.messages(str(room.id))
    assert [json.loads(each["data"]) for each in heard] == [{"type": "participantWaiting"}]


def test_an_empty_room_is_asked_once_and_nothing_is_sent(app: Flask, near: LiveKit, room: Room):
    guest(app, room)
    assert do_work().done_at is not None
    assert near.calls("SendData") == 0


def test_a_livekit_that_is_down_hears_later_and_the_guest_waits_meanwhile(app: Flask, near: LiveKit, room: Room):
    near.go_away()
    client = guest(app, room)
    piece = do_work()
    assert (piece.done_at, piece.problem) == (None, "LiveKitUnavailable")
    assert look(client, room, **SWAP).status_code == 204


@pytest.mark.parametrize("status", [200, 502])
def test_a_proxys_page_in_place_of_livekit_does_not_drop_an_announcement_for_good(
    app: Flask, near: LiveKit, status: int
):
    room = make_room()
    near.join(str(room.id), "host")
    guest(app, room)
    near.html(status=status)
    assert do_work().done_at is None
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()
    assert do_work().done_at is not None
    assert len(near.messages(str(room.id))) == 1


def test_nothing_is_announced_once_nobody_waits_any_more(app: Flask, near: LiveKit, room: Room):
    near.join(str(room.id), "host")
    guest(app, room).post(f"/join/{room.slug}/leave")
    assert do_work().done_at is not None
    assert near.calls("SendData") == 0


def test_the_sweep_drops_those_who_went_silent_and_says_so_to_hosts(app: Flask, room: Room):
    guest(app, room, "Silent"), guest(app, room, "Awake")
    age("Silent", polled=41), age("Awake", polled=35)
    before = version(room)
    jobs.expire()
    assert (status("Silent"), status("Awake")) == (Status.EXPIRED, Status.WAITING)
    assert version(room) > before


def test_the_end_of_a_meeting_clears_its_queue(app: Flask):
    room, other = make_room(name="Here"), make_room(name="There")
    client = guest(app, room)
    guest(app, other, "Elsewhere")
    hooks.room_finished({}, room, False)
    db.session.commit()
    assert (status(), status("Elsewhere")) == (Status.EXPIRED, Status.WAITING)
    assert "You've been away too long" in look(client, room, **SWAP).text


def test_who_was_let_in_asks_again_at_the_next_meeting(app: Flask, room: Room):
    client = guest(app, room)
    admitted = entry()
    admitted.status, admitted.decided_at = Status.ACCEPTED, admitted.asked_at
    db.session.commit()
    assert "#token=" in look(client, room).location
    hooks.room_finished({}, room, False)
    db.session.commit()
    assert "You left the waiting room" in look(client, room).text


@pytest.mark.parametrize(("known", "outdated"), [(True, True), (False, False)])
def test_an_end_that_is_outdated_or_of_a_foreign_room_clears_nothing(
    app: Flask, known: bool, outdated: bool, room: Room
):
    guest(app, room)
    hooks.room_finished({}, room if known else None, outdated)
    db.session.commit()
    assert status() is Status.WAITING


def test_names_are_forgotten_an_hour_after_somebody_was_turned_away(app: Flask, room: Room):
    for name, state, seconds in (
        ("Fresh", Status.DENIED, 60),
        ("Old", Status.DENIED, 3700),
        ("Inside", Status.ACCEPTED, 3700),
        ("Long inside", Status.ACCEPTED, 14 * 3600),
    ):
        guest(app, room, name)
        row = entry(name)
        row.status = state
        db.session.commit()
        age(name, decided=seconds)
    guest(app, room, "Waiting")
    jobs.purge()
    assert entries() == 3
    assert status("Fresh") is Status.DENIED
    assert status("Inside") is Status.ACCEPTED
