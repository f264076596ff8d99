"""Events may come late, twice, never or in the wrong order; the rule is right within a second, or within one sweep."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask

from tests.livekit import LiveKit
from tests.telephony.installation import Installation, until
from webapp.db import db
from webapp.livekit.webhooks import verify
from webapp.rooms.models import Room
from webapp.telephony import calls, hooks, rules
from webapp.telephony.models import Call, Outcome

HANDLERS = {
    "participant_joined": hooks.participant_joined,
    "participant_left": hooks.participant_left,
    "room_started": hooks.room_started,
    "room_finished": hooks.room_finished,
}


def _receive(app: Flask, authorization: str | None, raw: bytes) -> None:
    with app.app_context():
        event = verify(authorization, raw)
        name = event["room"]["name"]
        room = None if name.startswith(rules.GUARD_PREFIX) else db.session.get(Room, rules.as_room_id(name))
        db.session.commit()
        handler = HANDLERS.get(event["event"])
        if handler is not None:
            handler(event, room, False)


@pytest.fixture
def receiver(app: Flask, livekit: LiveKit) -> Iterator[None]:
    """LiveKit's webhooks come to a port and are handled as they come, without any order of our own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            _receive(app, self.headers.get("Authorization"), raw)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    livekit.hooks_to(f"http://127.0.0.1:{server.server_port}/hooks/livekit")
    yield
    livekit.settle()
    livekit.hooks_to()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("receiver")
def test_the_rule_is_there_within_a_second_of_the_first_and_gone_within_a_second_of_the_last(
    installation: Installation,
):
    came, went = zip(*(_placed_and_gone(installation) for _time in range(3)), strict=True)
    assert (min(came) < 1, min(went) < 1) == (True, True)  # one of three: the machine may be busy with other tests


def _placed_and_gone(installation: Installation) -> tuple[float, float]:
    """How long it takes from the first to the rule, and from the last to no rule."""
    room = installation.room()
    installation.join(room)
    came = until(lambda: installation.rule_of(room))
    installation.join(room, "second")
    installation.leave(room)
    installation.livekit.settle()
    assert installation.rule_of(room) is not None
    installation.leave(room, "second")
    return came, until(lambda: installation.rule_of(room) is None)


@pytest.mark.usefixtures("receiver")
@pytest.mark.parametrize("kind", ["duplicate", "reverse", "drop", "delay"])
def test_troubled_events_are_healed_at_the_latest_by_one_sweep(installation: Installation, kind: str):
    room = installation.room()
    told = {"seconds": 0.3} if kind == "delay" else {}
    installation.livekit.hook_fault(kind, times=6, **told)
    installation.join(room)
    installation.join(room, "second")
    installation.leave(room)
    installation.leave(room, "second")
    installation.join(room, "third")
    installation.livekit.settle()
    installation.sweep()
    until(lambda: installation.rule_of(room))
    db.session.refresh(room)
    db.session.commit()
    assert (room.web_count, room.rule_problem) == (1, "")
    installation.leave(room, "third")
    installation.sweep()
    until(lambda: installation.rule_of(room) is None)  # a hook may hold the room's lease while the sweep passes
    installation.livekit.heal()


@pytest.mark.usefixtures("receiver")
def test_a_caller_without_a_number_is_removed_at_once_and_counted_once(installation: Installation):
    before = calls.REFUSED.labels("no_caller_number")._value.get()
    room = installation.room()
    installation.join(room)
    until(lambda: installation.rule_of(room))
    phone = installation.dial(caller="")
    until(lambda: installation.phone(phone)["state"] == "ended", 3)
    installation.livekit.settle()
    installation.sweep()
    (call,) = db.session.query(Call).all()
    assert (call.outcome, call.room_id, call.trunk_id) == (
        Outcome.NO_CALLER_NUMBER,
        None,
        installation.trunk_id,
    )
    assert calls.REFUSED.labels("no_caller_number")._value.get() == before + 1


@pytest.mark.usefixtures("receiver")
def test_a_visit_by_phone_is_booked_from_coming_to_going(installation: Installation):
    room = installation.room()
    installation.join(room)
    until(lambda: installation.rule_of(room))
    phone = installation.dial(pin=str(room.pin))
    until(_visits)
    (call,) = _visits()
    assert (call.room_id, call.outcome, call.left_at) == (room.id, Outcome.INSIDE, None)
    installation.livekit.control("hang-up", id=phone)
    until(lambda: _visits()[0].end_reason == "client_initiated")  # a look that came first may have said "lost"
    (call,) = _visits()
    assert (call.outcome, call.left_at is not None) == (Outcome.ENDED, True)


def _visits() -> list[Call]:
    db.session.expire_all()
    found = db.session.query(Call).all()
    db.session.commit()
    return found


def _event(call_id: str, sid: str = "PA_1", reason: str = "") -> dict[str, object]:
    participant = {"kind": "SIP", "sid": sid, "attributes": {"sip.callID": call_id, "sip.trunkID": "ST_1"}}
    return {"participant": {**participant, "disconnectReason": reason} if reason else participant}


def test_a_going_that_comes_before_the_coming_leaves_the_visit_ended(installation: Installation):
    room = installation.room()
    hooks.participant_left(_event("SCL_1", reason="CLIENT_INITIATED"), room)
    hooks.participant_joined(_event("SCL_1"), room)
    (call,) = _visits()
    assert (call.outcome, call.end_reason) == (Outcome.ENDED, "client_initiated")
    assert call.left_at is not None


def test_a_reason_that_comes_after_the_sweep_ended_the_visit_is_kept(installation: Installation):
    room = installation.room()
    hooks.participant_joined(_event("SCL_1"), room)
    (call,) = _visits()
    assert call.end_reason == calls.LOST  # LiveKit has nobody of that call
    hooks.participant_left(_event("SCL_1", reason="CLIENT_INITIATED"), room)
    (call,) = _visits()
    assert call.end_reason == "client_initiated"


def test_the_end_of_a_session_ends_its_visits(installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.sweep()
    hooks.room_finished({}, room)
    (call,) = _visits()
    # the phone is inside still, says LiveKit: an event that is wrong changes nothing for long
    assert (call.outcome, call.left_at) == (Outcome.INSIDE, None)
    installation.livekit.call("RoomService", "DeleteRoom", room=str(room.id))
    hooks.room_finished({}, room)
    (call,) = _visits()
    assert call.end_reason == "room_finished"
