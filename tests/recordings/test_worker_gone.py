"""A recording whose worker died, or that LiveKit forgot, ends: its room is free, and it can be deleted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.deleted import let_go
from tests.support.films import FILM
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser
from tests.support.waiting import until
from webapp.audit.models import ActorKind, AuditEntry
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.jobs import register, work
from webapp.recordings import follow
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
LATER = timedelta(minutes=31)


def only() -> Recording:
    recording = db.session.scalars(sa.select(Recording).execution_options(populate_existing=True)).one()
    db.session.commit()
    return recording


def how_it_stands() -> tuple[State, str]:
    recording = only()
    return recording.state, recording.problem


def running(client_as: ClientAs, room: Room) -> Recording:
    """The room is being recorded."""
    assert client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 303

    def active() -> bool:
        follow.sweep()
        return only().state is State.ACTIVE

    until(active)
    return only()


def press_stop(client_as: ClientAs, recording: Recording) -> None:
    assert client_as("owner").post(f"/recordings/{recording.id}/stop").status_code == 303


def half_a_film(recording: Recording) -> None:
    path = settings.recordings_dir / recording.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILM)


def test_pressing_stop_waits_for_no_worker_and_says_stopping(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.control("kill-egress-worker")
    answer = client_as("owner").post(f"/recordings/{recording.id}/stop", headers=SWAP)
    assert answer.status_code == 200 and "Stopping" in answer.text
    assert live.calls("StopEgress") == 0, "whoever works off what is due asks"


def test_two_stops_that_no_worker_answers_lose_it_at_the_next_sweep_and_the_room_is_free(
    client_as: ClientAs, room: Room, live: LiveKit
):
    recording = running(client_as, room)
    live.control("kill-egress-worker")
    press_stop(client_as, recording)
    work.run_due(register.HANDLERS)
    assert how_it_stands() == (State.STOPPING, "stop_unanswered")
    assert "hasn't answered" in client_as("owner").get(f"/recordings/{recording.id}/").text
    follow.sweep()
    assert how_it_stands() == (State.FAILED, "egress_lost")
    assert client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 303
    assert live.calls("StartRoomCompositeEgress") == 2


def test_without_a_sweep_the_work_itself_asks_twice(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.control("kill-egress-worker")
    press_stop(client_as, recording)
    work.run_due(register.HANDLERS)
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert how_it_stands() == (State.FAILED, "egress_lost")
    assert live.calls("StopEgress") == 2


def test_ask_livekit_now_moves_one_whose_worker_died(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.control("kill-egress-worker")
    press_stop(client_as, recording)
    work.run_due(register.HANDLERS)
    client_as("owner").post(f"/recordings/{recording.id}/heal")
    work.run_due(register.HANDLERS)
    assert how_it_stands() == (State.FAILED, "egress_lost")


def test_what_a_dead_worker_left_on_the_disk_is_kept(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.control("kill-egress-worker")
    half_a_film(recording)
    press_stop(client_as, recording)
    follow.sweep()
    follow.sweep()
    assert how_it_stands() == (State.SAVED, "")
    assert only().size == len(FILM)


def test_an_outage_of_livekit_between_two_stops_loses_nothing(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.go_away()
    press_stop(client_as, recording)
    for _ in range(3):
        work.run_due(register.HANDLERS)
        with pytest.raises(follow.IncompleteError):
            follow.sweep()
    assert only().state is State.STOPPING
    live.heal()

    def saved() -> bool:
        follow.sweep()
        return only().state is State.SAVED

    until(saved)


@pytest.mark.parametrize("stopped", [False, True])
def test_an_egress_that_livekit_forgot_blocks_its_room_until_the_next_sweep(
    client_as: ClientAs, room: Room, live: LiveKit, stopped: bool
):
    recording = running(client_as, room)
    live.control("forget-egress", egress_id=recording.egress_id)
    if stopped:
        press_stop(client_as, recording)
    follow.sweep()
    assert how_it_stands() == (State.FAILED, "egress_lost")


def test_a_file_of_a_forgotten_egress_is_kept(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    half_a_film(recording)
    live.control("forget-egress", egress_id=recording.egress_id)
    follow.sweep()
    assert how_it_stands() == (State.SAVED, "")


def test_a_long_upload_is_left_for_half_an_hour_without_a_change(
    client_as: ClientAs, room: Room, live: LiveKit, monkeypatch: pytest.MonkeyPatch
):
    recording = running(client_as, room)
    live.control("slow-egress-upload", seconds=10_000)
    press_stop(client_as, recording)
    work.run_due(register.HANDLERS)
    for _ in range(3):
        follow.sweep()
    assert how_it_stands() == (State.STOPPING, ""), "an upload may take its time"
    assert live.calls("StopEgress") == 1
    with monkeypatch.context() as patched:
        patched.setattr("webapp.recordings.follow.utcnow", lambda: utcnow() + timedelta(minutes=29))
        follow.sweep()
        assert only().state is State.STOPPING
        patched.setattr("webapp.recordings.follow.utcnow", lambda: utcnow() + LATER)
        follow.sweep()
    assert how_it_stands() == (State.FAILED, "egress_lost")


def test_a_stop_that_an_upload_does_not_answer_loses_nothing(client_as: ClientAs, room: Room, live: LiveKit):
    recording = running(client_as, room)
    live.control("slow-egress-upload", seconds=10_000)
    live.control("end-egress", egress_id=recording.egress_id)
    live.control("kill-egress-worker")
    press_stop(client_as, recording)
    for _ in range(3):
        db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
        db.session.commit()
        work.run_due(register.HANDLERS)
    assert only().state is State.STOPPING


def test_the_sweep_stops_what_goes_on_although_its_room_has_ended(client_as: ClientAs, room: Room, live: LiveKit):
    running(client_as, room)
    follow.sweep()
    assert live.calls("StopEgress") == 0, "while somebody is inside it goes on"
    live.control("kill-egress-worker")
    live.call("RoomService", "DeleteRoom", room=str(room.id))
    follow.sweep()
    assert live.calls("StopEgress") == 1
    assert how_it_stands() == (State.STOPPING, "stop_unanswered")
    follow.sweep()
    assert how_it_stands() == (State.FAILED, "egress_lost")
    stopped = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "recording.stop")).one()
    assert stopped.actor is ActorKind.SYSTEM


@pytest.mark.parametrize("worker", ["alive", "dead"])
def test_a_running_recording_is_deleted_as_soon_as_it_has_stopped(
    client_as: ClientAs, room: Room, live: LiveKit, worker: str
):
    recording = running(client_as, room)
    if worker == "dead":
        live.control("kill-egress-worker")
    owner = client_as("owner")
    assert "It's stopped first" in owner.get(f"/recordings/{recording.id}/delete").text
    assert owner.post(f"/recordings/{recording.id}/delete").status_code == 303
    assert "Deleting…" in owner.get(f"/recordings/{recording.id}/").text
    assert owner.get(f"/media/{recording.key}").status_code == 404, "refused at once"
    assert "being stopped and deleted" in owner.get(f"/rooms/{room.slug}/recordings").text
    assert owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 409

    def gone() -> bool:
        let_go()
        follow.sweep()
        return db.session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 0

    until(gone)
    assert not (settings.recordings_dir / recording.key).exists()
    assert owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 303


@pytest.mark.parametrize("state", list(State))
def test_delete_works_in_every_state(
    client_as: ClientAs, make_recording: Callable[..., Recording], livekit: LiveKit, state: State
):
    recording = make_recording(state)
    assert client_as("owner").post(f"/recordings/{recording.id}/delete").status_code == 303
    let_go()
    follow.sweep()
    let_go()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 0
