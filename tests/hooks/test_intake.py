"""Hooks are verified, stored once, and answered so that LiveKit repeats only what a repeat can help."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import PATIENCE, until
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.rooms.models import Room

PHONE = {
    "sid": "PA_phone",
    "identity": "sip_+15551234567",
    "name": "Phone +15551234567",
    "kind": "SIP",
    "attributes": {"sip.callID": "SCL_1", "sip.phoneNumber": "+15551234567", "sip.trunkID": "ST_1"},
}


def stored() -> list[Delivery]:
    found = list(
        db.session.scalars(sa.select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True))
    )
    db.session.commit()
    return found


def test_a_hook_about_our_room_is_stored_and_worked_off(send: Callable[..., Any], room: Room):
    answer = send("room_started", str(room.id))
    assert (answer.status_code, answer.json) == (200, {"status": "stored"})
    (delivery,) = stored()
    assert delivery.result is Result.PROCESSED
    assert delivery.room_id == room.id


def test_an_event_that_calls_for_nothing_is_done_when_it_is_stored(send: Callable[..., Any], room: Room):
    assert send("track_published", str(room.id)).json == {"status": "stored"}
    (delivery,) = stored()
    assert delivery.result is Result.PROCESSED and delivery.processed_at is not None
    assert room.last_event_at is None, "nothing was applied to the room"


def test_the_same_id_twice_is_counted_and_worked_off_once(send: Callable[..., Any], room: Room):
    assert send("room_started", str(room.id), id="EV_same").json == {"status": "stored"}
    again = send("room_started", str(room.id), id="EV_same")
    assert (again.status_code, again.json) == (200, {"status": "duplicate"})
    (delivery,) = stored()
    assert (delivery.repeats, delivery.attempts) == (1, 1)


def test_an_unknown_event_is_answered_200_and_kept_as_unknown(send: Callable[..., Any], room: Room):
    answer = send("ingress_started", str(room.id))
    assert (answer.status_code, answer.json) == (200, {"status": "unknown_event"})


@pytest.mark.parametrize("name", ["somebody-elses-room", "", "00000000-0000-0000-0000-000000000000", "1" * 300])
def test_a_foreign_room_is_answered_200_and_nothing_of_it_is_kept(send: Callable[..., Any], name: str):
    answer = send("participant_joined", name, participant={"sid": "PA_1", "identity": "jane", "name": "Jane"})
    assert (answer.status_code, answer.json) == (200, {"status": "foreign_room"})
    (delivery,) = stored()
    assert delivery.body == {}


def test_a_bad_signature_is_401_and_nothing_is_stored(client: Browser, livekit: LiveKit, room: Room):
    raw = json.dumps({"event": "room_started", "id": "EV_1", "room": {"name": str(room.id)}}).encode()
    for headers in ({}, livekit.signed(raw + b" "), {"Authorization": "nonsense"}):
        assert client.post("/hooks/livekit", data=raw, headers=headers).status_code == 401
    assert stored() == []


def test_a_signed_body_that_is_no_json_is_400(client: Browser, livekit: LiveKit):
    for raw in (b"", b"not json", b"[]", b"null", b"\xff\xfe"):
        assert client.post("/hooks/livekit", data=raw, headers=livekit.signed(raw)).status_code == 400


def test_a_body_of_five_megabytes_is_refused_before_it_is_read(client: Browser, livekit: LiveKit):
    raw = b'{"event":"' + b"x" * 5_000_000 + b'"}'
    assert client.post("/hooks/livekit", data=raw, headers=livekit.signed(raw)).status_code == 413


def test_strange_fields_in_a_signed_body_do_no_harm(send: Callable[..., Any], room: Room):
    for fields in (
        {"room": "a text"},
        {"room": {"name": str(room.id)}, "participant": "a text"},
        {"room": {"name": str(room.id)}, "participant": {"attributes": []}},
        {"room": {"name": 7}},
        {"createdAt": "tomorrow"},
        {"egressInfo": [1]},
        {"egressInfo": {"fileResults": "x", "roomComposite": 1}},
    ):
        assert send("participant_joined", **fields).status_code in {200, 400}, fields


def test_an_event_a_year_old_is_recorded_and_not_applied(send: Callable[..., Any], room: Room):
    send("room_started", str(room.id))
    db.session.refresh(room)
    applied = room.live_sid
    long_ago = str(int((utcnow() - timedelta(days=365)).timestamp()))
    send("room_started", str(room.id), createdAt=long_ago, room={"sid": "RM_old", "name": str(room.id)})
    assert stored()[-1].result is Result.OUTDATED
    db.session.refresh(room)
    assert room.live_sid == applied


def test_an_event_from_a_year_ahead_does_not_outdate_those_of_today(send: Callable[..., Any], room: Room):
    send("room_started", str(room.id), createdAt=str(int((utcnow() + timedelta(days=365)).timestamp())))
    time.sleep(1)
    send("room_started", str(room.id))
    assert [delivery.result for delivery in stored()] == [Result.PROCESSED, Result.PROCESSED]


def test_what_is_kept_of_a_phone_call_tells_nobody_s_number(send: Callable[..., Any], room: Room):
    send("participant_joined", str(room.id), participant=PHONE)
    text = json.dumps(stored()[0].body)
    assert "SCL_1" in text and "PA_phone" in text
    assert "5551234567" not in text and "secret" not in text


def test_livekit_s_own_webhooks_are_understood(hooked: LiveKit, room: Room):
    hooked.join(str(room.id), "web")
    hooked.leave(str(room.id), "web")
    hooked.settle()
    until(lambda: not any(delivery.result is Result.STORED for delivery in stored()))
    assert {delivery.event for delivery in stored()} >= {"room_started", "participant_joined", "participant_left"}
    assert {delivery.result for delivery in stored()} == {Result.PROCESSED}


def test_an_unknown_event_of_a_foreign_room_keeps_nothing_of_it(send: Callable[..., Any]):
    answer = send("ingress_started", "Dr Weber's surgery", participant={"identity": "jane", "name": "Jane"})
    assert (answer.status_code, answer.json) == (200, {"status": "unknown_event"})
    (delivery,) = stored()
    assert (delivery.body, delivery.room_id) == ({}, None)


def test_an_id_or_event_of_strange_letters_is_stored_without_them(send: Callable[..., Any], room: Room):
    assert send("room\x00_started", str(room.id), id="EV\x00_\x1b1").status_code == 200
    (delivery,) = stored()
    assert (delivery.event_id, delivery.event) == ("EV_1", "room_started")


def test_a_body_of_five_megabytes_whose_length_is_not_told_is_refused_too(served: str, livekit: LiveKit):
    raw = b'{"event":"' + b"x" * 5_000_000 + b'"}'
    pieces = (raw[start : start + 100_000] for start in range(0, len(raw), 100_000))
    try:
        answer = requests.post(f"{served}/hooks/livekit", data=pieces, headers=livekit.signed(raw), timeout=PATIENCE)
    except requests.ConnectionError:
        return  # refused while it was still being sent
    assert answer.status_code in {401, 413}, "nothing of it is read, or no more than is allowed"
    assert stored() == []
