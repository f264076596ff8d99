"""What hooks tell of callers: each visit from coming to going, in whatever order the events arrive."""

import pytest

from tests.support.installation import Installation
from tests.support.waiting import until
from webapp.calls import book
from webapp.calls.models import Call, Outcome
from webapp.core.db import db
from webapp.live import hooks, reconcile
from webapp.livekit.errors import LiveKitError
from webapp.rules import wanted


@pytest.mark.usefixtures("hooked")
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
    reconcile.if_marked(room)
    (call,) = _visits()
    assert call.end_reason == book.LOST  # LiveKit has nobody of that call
    hooks.participant_left(_event("SCL_1", reason="CLIENT_INITIATED"), room)
    (call,) = _visits()
    assert call.end_reason == "client_initiated"


def test_a_call_without_a_number_is_counted_also_when_its_removal_fails(installation: Installation):
    event = {**_event("SCL_1"), "room": {"name": f"{wanted.GUARD_PREFIX}{installation.trunk_id}"}}
    installation.livekit.fail("RemoveParticipant", "unavailable")
    with pytest.raises(LiveKitError):
        hooks.participant_joined(event, None)
    db.session.rollback()
    assert [call.outcome for call in _visits()] == [Outcome.NO_CALLER_NUMBER]


def test_the_end_of_a_session_ends_its_visits(installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.sweep()
    hooks.room_finished({}, room)
    reconcile.if_marked(room)
    (call,) = _visits()
    # the phone is inside still, says LiveKit: an event that is wrong changes nothing for long
    assert (call.outcome, call.left_at) == (Outcome.INSIDE, None)
    installation.livekit.call("RoomService", "DeleteRoom", room=str(room.id))
    hooks.room_finished({}, room)
    (call,) = _visits()
    assert call.end_reason == "room_finished"
