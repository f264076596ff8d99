"""A recording goes from start to saved by hooks, by the sweep, or by hand, and never keeps its room blocked."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser
from tests.support.waiting import until
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.jobs import register, work
from webapp.recordings import follow
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]


def only() -> Recording:
    recording = db.session.scalars(sa.select(Recording).execution_options(populate_existing=True)).one()
    db.session.commit()
    return recording


def actions() -> list[str]:
    ours = AuditEntry.action.startswith("recording.")
    found = list(db.session.scalars(sa.select(AuditEntry.action).where(ours).order_by(AuditEntry.id)))
    db.session.commit()
    return found


def start(client: Browser, room: Room, mode: str = "video", **headers: str) -> int:
    return client.post(f"/rooms/{room.slug}/recordings", data={"mode": mode}, headers=headers).status_code


def state_of(recording_state: State) -> bool:
    follow.sweep()
    return only().state is recording_state


@pytest.mark.parametrize(("mode", "suffix"), [("video", "mp4"), ("audio", "ogg")])
def test_an_owner_records_and_stops_and_the_file_is_there(
    client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit, mode: str, suffix: str
):
    owner = client_as("owner")
    assert start(owner, room, mode) == 303
    until(lambda: only().state is State.ACTIVE)
    assert owner.post(f"/recordings/{only().id}/stop").status_code == 303
    work.run_due(register.HANDLERS)
    until(lambda: only().state is State.SAVED)
    saved = only()
    assert (settings.recordings_dir / saved.key).stat().st_size == saved.size
    assert saved.key.endswith(suffix) and saved.duration_ms is not None and saved.expires_at is None
    assert actions() == ["recording.start", "recording.stop", "recording.saved"]


def test_without_any_hook_the_sweep_brings_it_to_its_end(client_as: ClientAs, room: Room, live: LiveKit):
    owner = client_as("owner")
    start(owner, room)
    until(lambda: state_of(State.ACTIVE))
    owner.post(f"/recordings/{only().id}/stop")
    until(lambda: state_of(State.SAVED))


def test_a_room_is_recorded_once_at_a_time(client_as: ClientAs, room: Room, live: LiveKit):
    assert start(client_as("owner"), room) == 303
    assert start(client_as("administrator"), room) == 409
    assert live.calls("StartRoomCompositeEgress") == 1


def test_a_swap_gets_the_section_and_an_unknown_mode_is_422(client_as: ClientAs, room: Room, live: LiveKit):
    owner = client_as("owner")
    assert start(owner, room, "hologram", **SWAP) == 422
    answer = owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}, headers=SWAP)
    assert answer.status_code == 200 and 'id="room-recordings"' in answer.text and "<html" not in answer.text


def test_of_two_who_start_at_the_same_moment_one_records_and_the_other_is_told(
    app: Flask, client_as: ClientAs, room: Room, live: LiveKit
):
    slug, ready = room.slug, threading.Barrier(2)
    browsers, answers = [client_as("owner"), client_as("administrator")], []

    def press(browser: Browser) -> None:
        ready.wait()
        answers.append(browser.post(f"/rooms/{slug}/recordings", data={"mode": "video"}).status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409] and live.calls("StartRoomCompositeEgress") == 1


def test_a_room_that_is_deleted_while_it_is_recorded_leaves_a_saved_recording(
    client_as: ClientAs, room: Room, live: LiveKit
):
    owner = client_as("owner")
    start(owner, room)
    until(lambda: state_of(State.ACTIVE))
    assert "record" in owner.get(f"/rooms/{room.slug}/delete").text
    assert owner.post(f"/rooms/{room.slug}/delete").status_code == 303
    live.leave(str(room.id), "web")
    until(lambda: state_of(State.SAVED))
    assert owner.get(f"/recordings/{only().id}/").status_code == 200


def test_whoever_stops_it_in_place_sees_it_stop(client_as: ClientAs, room: Room, live: LiveKit):
    owner = client_as("owner")
    start(owner, room)
    until(lambda: state_of(State.ACTIVE))
    answer = owner.post(f"/recordings/{only().id}/stop", headers=SWAP)
    assert answer.status_code == 200 and 'id="recording"' in answer.text
    healed = owner.post(f"/recordings/{only().id}/heal", headers=SWAP)
    assert healed.status_code == 200 and 'id="recording"' in healed.text


def test_a_start_in_an_empty_room_is_refused_before_livekit_is_asked_to_record(
    client_as: ClientAs, room: Room, livekit: LiveKit
):
    answer = client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})
    assert answer.status_code == 409 and "No one is in this room" in answer.text
    assert livekit.calls("StartRoomCompositeEgress") == 0
    assert db.session.scalar(sa.select(sa.func.count(Recording.id))) == 0


def test_when_the_last_one_left_a_moment_ago_it_fails_and_the_room_is_free_again(
    client_as: ClientAs, room: Room, livekit: LiveKit
):
    room.web_count = 1
    db.session.commit()
    assert start(client_as("owner"), room) == 303
    assert (only().state, only().problem) == (State.FAILED, "room_not_live")
    assert "No one was in the room" in client_as("owner").get(f"/recordings/{only().id}/").text
    assert start(client_as("owner"), room) == 303


def test_an_answer_that_never_came_is_found_by_the_sweep(client_as: ClientAs, room: Room, live: LiveKit):
    live.fail("StartRoomCompositeEgress", "unavailable", applied=True)
    assert start(client_as("owner"), room) == 303
    assert (only().state, only().egress_id) == (State.STARTING, None)
    until(lambda: state_of(State.ACTIVE))
    assert only().egress_id == live.egresses()[0]["egress_id"]


def test_a_stop_before_the_start_was_answered_is_kept_and_done_by_the_sweep(
    client_as: ClientAs, room: Room, live: LiveKit
):
    live.fail("StartRoomCompositeEgress", "unavailable", applied=True)
    owner = client_as("owner")
    start(owner, room)
    owner.post(f"/recordings/{only().id}/stop")
    assert only().state is State.STOPPING
    until(lambda: state_of(State.SAVED))


def test_without_an_egress_worker_the_recording_fails_and_the_room_is_free(
    client_as: ClientAs, room: Room, live: LiveKit
):
    live.switch(egress_worker=False)
    start(client_as("owner"), room)
    assert only().state is State.STARTING
    db.session.execute(sa.update(Recording).values(created_at=utcnow() - timedelta(minutes=5)))
    db.session.commit()
    follow.sweep()
    assert (only().state, only().problem) == (State.FAILED, "no_worker")
    live.switch(egress_worker=True)
    assert start(client_as("owner"), room) == 303


@pytest.mark.parametrize(
    ("end", "state"), [("FAILED", State.FAILED), ("ABORTED", State.ABORTED), ("LIMIT_REACHED", State.SAVED)]
)
def test_however_livekit_ends_it_the_room_is_free(
    client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit, end: str, state: State
):
    start(client_as("owner"), room)
    until(lambda: only().state is State.ACTIVE)
    live.control("end-egress", egress_id=only().egress_id, status=end)
    until(lambda: only().state is state)
    assert start(client_as("owner"), room) == 303


def test_a_stop_that_livekit_refuses_because_it_has_ended_saves_the_file(
    client_as: ClientAs, room: Room, live: LiveKit
):
    start(client_as("owner"), room)
    until(lambda: state_of(State.ACTIVE))
    live.control("end-egress", egress_id=only().egress_id)
    until(lambda: live.egresses()[0]["status"] == "EGRESS_COMPLETE")
    client_as("owner").post(f"/recordings/{only().id}/stop")
    work.run_due(register.HANDLERS)
    assert only().state is State.SAVED


def test_a_recording_that_was_given_up_is_healed_by_the_file_that_came_after_all(
    client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit
):
    start(client_as("owner"), room)
    until(lambda: only().state is State.ACTIVE)
    db.session.execute(sa.update(Recording).values(state=State.FAILED))
    db.session.commit()
    live.control("end-egress", egress_id=only().egress_id)
    until(lambda: only().state is State.SAVED)


def test_while_livekit_is_down_a_stop_is_kept_and_done_later(client_as: ClientAs, room: Room, live: LiveKit):
    start(client_as("owner"), room)
    until(lambda: state_of(State.ACTIVE))
    live.go_away()
    assert client_as("owner").post(f"/recordings/{only().id}/stop").status_code == 303
    assert only().state is State.STOPPING
    live.heal()
    until(lambda: state_of(State.SAVED))


@pytest.mark.parametrize("who", ["stranger", "support"])
def test_strangers_do_not_learn_that_a_recording_exists(
    client_as: ClientAs, make_recording: Callable[..., Recording], who: str
):
    recording = make_recording()
    client = client_as(who)
    assert client.get(f"/recordings/{recording.id}/").status_code == 404
    assert client.get(f"/media/{recording.key}").status_code == 404
    assert client.post("/rooms/hcm-rxqt-bdw/recordings", data={"mode": "video"}).status_code == 404
    assert str(recording.id) not in client.get("/recordings/").text


def test_members_see_that_it_exists_and_neither_start_nor_watch(
    client_as: ClientAs, room: Room, make_recording: Callable[..., Recording]
):
    recording = make_recording()
    member = client_as("member")
    assert start(member, room) == 403
    assert member.get(f"/recordings/{recording.id}/").status_code == 200
    assert member.get(f"/media/{recording.key}").status_code == 403


def test_an_admin_sees_that_it_exists_but_does_not_listen(
    client_as: ClientAs, make_recording: Callable[..., Recording]
):
    recording = make_recording()
    admin = client_as("admin")
    assert admin.get(f"/recordings/{recording.id}/").status_code == 200
    assert admin.get(f"/media/{recording.key}").status_code == 403
