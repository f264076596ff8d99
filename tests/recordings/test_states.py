"""A recording moves along one table only, and every move is kept with its source and its time."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.deleted import let_go
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.core.db import db
from webapp.jobs import register, work
from webapp.recordings import follow, service
from webapp.recordings.models import Recording, Transition
from webapp.recordings.states import TRANSITIONS, ReportedBy, State, Trigger, after
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
Kept = list[tuple[State | None, State, ReportedBy]]


def kept() -> Kept:
    found = db.session.scalars(sa.select(Transition).order_by(Transition.id)).all()
    db.session.commit()
    return [(each.from_state, each.to_state, each.reported_by) for each in found]


def test_every_state_says_where_each_trigger_leads():
    assert set(TRANSITIONS) == set(State)
    assert {trigger for triggers in TRANSITIONS.values() for trigger in triggers} == set(Trigger)


@pytest.mark.parametrize("state", [State.SAVED, State.FAILED, State.ABORTED, State.GONE])
def test_only_a_file_or_its_loss_moves_what_is_over(state: State):
    leads = {trigger for trigger in Trigger if after(state, trigger)}
    assert leads == ({Trigger.VANISHED} if state is State.SAVED else {Trigger.STORED})


@pytest.mark.parametrize("state", State)
def test_nothing_leads_back_to_an_earlier_state(state: State):
    running = [State.STARTING, State.ACTIVE, State.STOPPING]
    for trigger in Trigger:
        then = after(state, trigger)
        if then in running:
            assert running.index(state) < running.index(then)


def test_each_move_is_kept_with_who_reported_it(client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit):
    owner = client_as("owner")
    assert owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 303
    until(lambda: kept()[-1][1] is State.ACTIVE)
    recording_id = db.session.scalar(sa.select(Recording.id))
    db.session.commit()
    assert owner.post(f"/recordings/{recording_id}/stop").status_code == 303
    work.run_due(register.HANDLERS)
    until(lambda: kept()[-1][1] is State.SAVED)
    moves = kept()
    assert [to for _, to, _ in moves] == [State.STARTING, State.ACTIVE, State.STOPPING, State.SAVED]
    assert [before for before, _, _ in moves] == [None, State.STARTING, State.ACTIVE, State.STOPPING]
    assert moves[0][2] is moves[2][2] is ReportedBy.PERSON
    assert moves[1][2] is moves[3][2] is ReportedBy.WEBHOOK
    page = owner.get(f"/recordings/{recording_id}/").text
    assert page.index("Storage" if "Storage" in page else "Reported by LiveKit") < page.index("Stopped by Owner")
    assert "Started by Owner" in page


def test_what_only_the_sweep_saw_says_so(client_as: ClientAs, room: Room, live: LiveKit):
    client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})

    def active() -> bool:
        follow.sweep()
        return kept()[-1][1] is State.ACTIVE

    until(active)
    assert kept()[-1][2] is ReportedBy.CHECK


def test_of_two_who_move_it_at_once_one_does(app: Flask, make_recording: Make):
    recording_id = make_recording(State.ACTIVE).id
    done: list[bool] = []
    ready = threading.Barrier(2)

    def stop() -> None:
        with app.app_context():
            recording = db.session.get_one(Recording, recording_id)
            db.session.commit()
            ready.wait()
            done.append(service.stop(recording, actor=Actor.system()))
            db.session.commit()

    threads = [threading.Thread(target=stop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True] and len(kept()) == 1


def test_one_from_before_says_that_its_history_is_not_known(client_as: ClientAs, make_recording: Make):
    page = client_as("owner").get(f"/recordings/{make_recording().id}/")
    assert page.status_code == 200 and "older than this record" in page.text


def test_a_recording_that_is_deleted_takes_its_history_along(client_as: ClientAs, make_recording: Make):
    recording = make_recording(State.ACTIVE)
    service.stop(recording, actor=Actor.system())
    service.fail(recording, "egress_lost", ReportedBy.CHECK, actor=Actor.system())
    service.ask_delete(recording, actor=Actor.system())
    db.session.commit()
    assert len(kept()) == 2
    let_go()
    assert kept() == []
