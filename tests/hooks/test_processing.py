"""Deliveries are worked off in order, once, and never lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import Counted
from tests.support.background import BeforeTheAnswer
from tests.support.database import LOCKED, failing
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import PATIENCE
from tests.support.written import written
from webapp.core import background, leases
from webapp.core.db import db, utcnow
from webapp.deliveries.models import UNHANDLED_ROWS, Delivery, Result
from webapp.hooks import processing
from webapp.rooms.models import Room

STARTED = "UPDATE rooms SET live_sid"  # what the start of a meeting is kept by


class Later:
    """Keeps the work for a test to see what a crash would leave."""

    def submit(self, work: Callable[[], object], /) -> object:
        """Do nothing."""
        return work


@pytest.fixture
def crashed(app: Flask) -> Any:
    app.extensions[background.EXTENSION] = Later()
    yield
    app.extensions[background.EXTENSION] = BeforeTheAnswer()


def results() -> list[Result]:
    found = list(db.session.scalars(sa.select(Delivery.result).order_by(Delivery.id)))
    db.session.commit()
    return found


def test_what_a_crash_left_is_worked_off_by_the_sweep(send: Callable[..., Any], room: Room, crashed: None):
    send("room_started", str(room.id))
    send("participant_joined", str(room.id), participant={"sid": "PA_1", "identity": "web"})
    assert results() == [Result.STORED, Result.STORED]
    assert processing.sweep() == 2
    assert results() == [Result.PROCESSED, Result.PROCESSED]


def test_what_a_crash_left_is_found_within_seconds_but_what_failed_waits_for_the_sweep(
    send: Callable[..., Any], room: Room, crashed: None
):
    send("room_started", str(room.id))
    assert processing.catch_up() == 0, "whoever stored it may be at it"
    db.session.execute(sa.update(Delivery).values(received_at=utcnow() - processing.LEFT_AFTER))
    db.session.commit()
    with failing(STARTED, ValueError()):
        for _ in range(3):
            processing.catch_up()
    assert results() == [Result.FAILED]
    assert db.session.scalar(sa.select(Delivery.attempts)) == 1


def test_looking_for_what_a_crash_left_reads_no_delivery_that_was_worked_off(app: Flask):
    if db.engine.dialect.name == "sqlite":
        left = sa.select(Delivery.room_id).where(sa.text(UNHANDLED_ROWS), Delivery.result == Result.STORED)
        plan = db.session.execute(sa.text(f"EXPLAIN QUERY PLAN {left}"), {"result_1": "stored"}).all()
        assert "ix_deliveries_stored" in str(plan)


def test_many_events_of_a_room_are_followed_by_one_look_at_livekit(
    send: Callable[..., Any], room: Room, crashed: None, livekit: LiveKit
):
    for number in range(6):
        event = "participant_joined" if number % 2 == 0 else "participant_left"
        send(event, str(room.id), participant={"sid": f"PA_{number}", "identity": "web"})
    assert livekit.calls("ListParticipants") == 0
    assert processing.work_off(room.id) == 6
    assert livekit.calls("ListParticipants") == 1


def test_inside_a_second_the_arrival_decides_the_order(send: Callable[..., Any], room: Room, crashed: None):
    send("room_started", str(room.id), id="EV_z", createdAt="1000")
    send("room_started", str(room.id), id="EV_a", createdAt="1000")
    send("room_started", str(room.id), id="EV_early", createdAt="999")
    processing.work_off(room.id)
    found = sa.select(Delivery.event_id).order_by(Delivery.processed_at)
    assert db.session.scalars(found).all() == ["EV_early", "EV_z", "EV_a"]
    db.session.commit()


def test_a_failed_delivery_is_tried_again_and_its_error_s_text_is_not_kept(send: Callable[..., Any], room: Room):
    with failing(STARTED, ValueError("+15551234567")):
        assert send("room_started", str(room.id)).status_code == 200
    assert results() == [Result.FAILED]
    assert db.session.scalar(sa.select(Delivery.problem)) == "ValueError"
    processing.sweep()
    assert results() == [Result.PROCESSED]


def test_a_failure_is_logged_with_the_delivery_its_room_and_the_request_that_brought_it(
    send: Callable[..., Any], room: Room
):
    with written() as lines, failing(STARTED, ValueError("+15551234567")):
        answer = send("room_started", str(room.id))
        (told,) = [line for line in lines() if line["event"] == "hook.failed"]
    assert (told["room"], told["code"], told["delivery_event"]) == (str(room.id), "ValueError", "room_started")
    assert told["delivery"] > 0 and told["request"] == answer.headers["X-Request-ID"]


def test_a_handler_that_met_another_one_s_lock_is_tried_again_at_once(
    send: Callable[..., Any], room: Room, livekit: LiveKit
):
    livekit.join(str(room.id))
    with failing(STARTED, LOCKED, times=1) as failed:
        send("room_started", str(room.id))
    assert (len(failed), results()) == (1, [Result.PROCESSED])
    assert db.session.scalar(sa.select(Room.live_sid)) == "RM_x"


def test_a_failed_delivery_keeps_no_later_one_waiting(send: Callable[..., Any], room: Room):
    with failing(STARTED, ValueError()):
        send("room_started", str(room.id))
        send("participant_joined", str(room.id), participant={"sid": "PA_1", "identity": "web"})
    assert results() == [Result.FAILED, Result.PROCESSED]


def test_a_failed_delivery_is_followed_by_a_look_at_livekit_all_the_same(
    send: Callable[..., Any], room: Room, livekit: LiveKit
):
    livekit.join(str(room.id))
    with failing("UPDATE rooms SET reconcile_at", ValueError(), times=1):
        send("participant_joined", str(room.id), participant={"sid": "PA_1", "identity": "web"})
    assert results() == [Result.FAILED]
    db.session.refresh(room)
    assert room.web_count == 1


def test_a_delivery_that_goes_on_failing_is_tried_once_a_sweep_and_given_up(send: Callable[..., Any], room: Room):
    told = {"createdAt": str(int(utcnow().timestamp()))}  # an older one would be outdated
    with failing(STARTED, ValueError()) as tried:
        send("room_started", str(room.id), **told)
        for _ in range(3):  # what comes later brings no new try: that would use all of them up in a second
            send("participant_joined", str(room.id), participant={"sid": "PA_1", "identity": "web"}, **told)
        assert len(tried) == 1
        for _ in range(10):
            processing.sweep()
    assert len(tried) == processing.TRIES


def test_whoever_finds_the_room_s_lease_taken_leaves(send: Callable[..., Any], room: Room, crashed: None):
    send("room_started", str(room.id))
    with leases.held(f"hooks:{room.id}") as mine:
        assert mine
        assert processing.work_off(room.id) == 0
    assert processing.work_off(room.id) == 1


def test_many_workers_work_a_delivery_off_once(
    app: Flask, send: Callable[..., Any], room: Room, crashed: None, livekit: LiveKit, count_queries: Counted
):
    livekit.join(str(room.id))
    for number in range(5):
        send("room_started", room={"sid": f"RM_{number}", "name": str(room.id)})

    room_id = room.id
    db.session.commit()  # a transaction left open here would be the writer that the workers wait for

    def one_worker() -> None:
        with app.app_context():
            processing.work_off(room_id)

    workers = [threading.Thread(target=one_worker) for _ in range(4)]
    with count_queries() as sent:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(PATIENCE)
    assert len([statement for statement in sent if statement.startswith(STARTED)]) == 5
    assert set(results()) == {Result.PROCESSED}


def test_while_livekit_is_down_hooks_are_still_answered_and_processed(
    send: Callable[..., Any], room: Room, livekit: LiveKit
):
    livekit.go_away()
    assert send("participant_joined", str(room.id), participant={"sid": "PA_1", "identity": "x"}).status_code == 200
    livekit.heal()


def test_support_sees_deliveries_and_replays_one(
    send: Callable[..., Any], room: Room, client_as: Callable[[str], Browser]
):
    send("room_started", str(room.id))
    support = client_as("support")
    page = support.get("/system/hooks/")
    assert page.status_code == 200 and "room_started" in page.text and "hcm-rxqt-bdw" in page.text
    delivery_id = db.session.scalar(sa.select(Delivery.id))
    assert support.post(f"/system/hooks/{delivery_id}/replay").status_code == 303
    assert results() == [Result.PROCESSED]
    assert support.post("/system/hooks/999999/replay").status_code == 404


def test_a_foreign_delivery_cannot_be_replayed(send: Callable[..., Any], client_as: Callable[[str], Browser]):
    send("room_started", "foreign")
    delivery_id = db.session.scalar(sa.select(Delivery.id))
    assert client_as("admin").post(f"/system/hooks/{delivery_id}/replay").status_code == 409


def test_room_owners_do_not_see_hooks_and_jobs(client_as: Callable[[str], Browser]):
    owner = client_as("owner")
    assert owner.get("/system/hooks/").status_code == 403
    assert owner.get("/system/jobs/").status_code == 403
