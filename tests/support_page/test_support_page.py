"""Support compares one room with LiveKit and the storage, without a name, a number, a PIN or an address."""

import json
from collections.abc import Callable

import pytest

from tests.support.installation import CALLER, Installation
from tests.support.personas import Browser, persona
from tests.support.waiting import until
from webapp.audit.models import AuditEntry
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room

As = Callable[[str], Browser]


def _support(room: Room, *rest: str) -> str:
    return "/".join((f"/rooms/{room.slug}/support", *rest))


def test_support_compares_one_room_with_livekit_and_reconciles_it(installation: Installation, client_as: As):
    room = installation.room()
    installation.join(room, name="Lotte Brandvold")
    support = client_as("support")
    page = support.get(_support(room)).text
    assert "LiveKit differs" in page
    assert "Lotte" not in page
    assert str(room.pin) not in page
    answer = support.post(_support(room, "reconcile"), follow_redirects=True)
    assert "LiveKit agrees with the room" in answer.text
    assert installation.rule_of(room) is not None
    assert db.session.query(AuditEntry).filter_by(action="room.reconcile", room_id=room.id).count() == 1


def test_an_unknown_room_has_no_support_page(installation: Installation, client_as: As):
    assert client_as("support").get("/rooms/nowhere/support").status_code == 404


def _recording(room: Room, state: State = State.SAVED, size: int = 3) -> Recording:
    row = Recording(room_id=room.id, mode=Mode.VIDEO, state=state, key="", size=size, started_by_id=persona("owner").id)
    db.session.add(row)
    db.session.flush()
    row.key = f"{row.id}.mp4"
    db.session.commit()
    return row


def test_a_recording_that_the_storage_lost_differs(installation: Installation, client_as: As, settings: Settings):
    room = installation.room()
    kept, lost = _recording(room), _recording(room)
    folder = settings.recordings_dir
    (folder / kept.key).write_bytes(b"mp4")
    page = client_as("support").get(_support(room)).text
    rows = {each.id: page[page.index(str(each.id)) :].partition("</tr>")[0] for each in (kept, lost)}
    assert "Differs" not in rows[kept.id]
    assert "nothing there" in rows[lost.id]
    assert "Differs" in rows[lost.id]


def test_the_bundle_tells_what_happened_and_of_nobody(installation: Installation, client_as: As):
    owner = persona("owner")
    room = installation.live(name="Talk with Noor van Eyck", slug="noor-van-eyck", hide_phone_number=False)
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.join(room, "lotte", name="Lotte Brandvold")
    client_as("support").post(_support(room, "reconcile"))
    db.session.add(
        Delivery(
            event_id="EV_1",
            event="participant_joined",
            room_id=room.id,
            body={},
            created_at=utcnow(),
            result=Result.PROCESSED,
        )
    )
    db.session.commit()
    answer = client_as("support").get(f"/rooms/{room.slug}/support.json")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="room-{room.id}.json"'
    told = json.loads(answer.text)
    assert told["room"]["id"] == str(room.id)
    assert told["lines"] == [{**line, "differs": False} for line in told["lines"]]
    assert {"participant_joined", "room.reconcile"} <= {event["what"] for event in told["events"]}
    for secret in (room.name, room.slug, room.pin, CALLER.strip("+"), "Lotte", owner.email, "support@"):
        assert str(secret) not in answer.text


def test_the_page_tells_no_number_no_pin_and_nobody(installation: Installation, client_as: As):
    room = installation.live(hide_phone_number=False)
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    client_as("owner").post(_support(room, "reconcile"))
    page = client_as("support").get(_support(room)).text
    for secret in (str(room.pin), CALLER.strip("+"), "Phone +", "owner@"):
        assert secret not in page


@pytest.mark.parametrize("how", ["refuse", "hang", "html"])
def test_a_livekit_that_is_down_slow_or_html_leaves_our_side_on_the_page(
    installation: Installation, client_as: As, how: str, change_settings: Callable[..., None], settings: Settings
):
    change_settings(livekit_timeout=0.5)
    room = installation.live()
    installation.livekit.html(times=50) if how == "html" else installation.livekit.go_away(how)
    support = client_as("support")
    page = support.get(_support(room))
    assert page.status_code == 200
    assert "LiveKit isn&#39;t answering" in page.text
    assert str(room.sip_dispatch_rule_id) in page.text
    assert "LiveKit differs" not in page.text
    assert json.loads(support.get(f"/rooms/{room.slug}/support.json").text)["livekit"]["problem"]
    answer = support.post(_support(room, "reconcile"), follow_redirects=True)
    assert "Retrying" in answer.text
    installation.livekit.heal()


def test_a_rule_of_ours_that_somebody_renamed_is_the_rooms_on_the_support_page(
    installation: Installation, client_as: As
):
    room = installation.live()
    rule_id = room.sip_dispatch_rule_id
    told = {"sip_dispatch_rule_id": rule_id, "update": {"name": "night line"}}
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)
    assert _line(client_as("support"), room, "rule")["livekit"] == rule_id


def test_a_rule_that_has_only_the_rooms_name_does_not_count_as_the_rooms(installation: Installation, client_as: As):
    room = installation.room()
    installation.foreign(pin="4711", name=f"frontdesk:{room.id}")
    assert _line(client_as("support"), room, "rule") == {
        "key": "rule",
        "ours": "none",
        "livekit": "none",
        "differs": False,
    }


def _line(support: Browser, room: Room, key: str) -> dict[str, object]:
    """What the bundle says of one line."""
    lines = json.loads(support.get(_support(room, "").rstrip("/") + ".json").text)["lines"]
    return next(line for line in lines if line["key"] == key)
