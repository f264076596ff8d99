"""Support sees a recording on three sides, the truth in words, what the proxy would be told, and legal actions."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, persona
from webapp.core.config import Settings
from webapp.core.db import db, new_id, utcnow
from webapp.livekit.egress import Egress
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room
from webapp.support import truth
from webapp.support.sides import AWAY, Kept
from webapp.support.truth import Truth

As = Callable[[str], Browser]
EARLIER = utcnow() - timedelta(days=1)
FILE = Stored(3, EARLIER)


def recorded(room: Room, state: State = State.SAVED, **values: Any) -> Recording:
    """A recording of the room."""
    key = new_id()
    told = {"mode": Mode.VIDEO, "size": 3, "stored_at": EARLIER, "egress_id": f"EG_{key.hex[-8:]}"} | values
    row = Recording(id=key, room_id=room.id, state=state, key=f"recordings/{key}.mp4", **told)
    db.session.add(row)
    db.session.commit()
    return row


def put(settings: Settings, row: Recording, content: bytes = b"mp4") -> None:
    path = settings.recordings_dir / row.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def told(support: Browser, room: Room, row: Recording) -> dict[str, Any]:
    """What the bundle says of it."""
    found = json.loads(support.get(f"/rooms/{room.slug}/support.json").text)["recordings"]
    return next(each for each in found if each["id"] == str(row.id))


def egress_in(status: str) -> Egress:
    return Egress("EG_1", "room", status, None, None, None, "", "", None)


@pytest.mark.parametrize(
    ("state", "status", "stored", "expected"),
    [
        (State.SAVED, None, FILE, Truth.SAVED),
        (State.SAVED, None, Stored(4, EARLIER), Truth.OTHER_SIZE),
        (State.SAVED, None, None, Truth.FILE_MISSING),
        (State.SAVED, None, AWAY, Truth.STORAGE_AWAY),
        (State.GONE, None, None, Truth.FILE_GONE),
        (State.GONE, None, FILE, Truth.FILE_BACK),
        (State.FAILED, "failed", None, Truth.NO_FILE),
        (State.ABORTED, None, None, Truth.NO_FILE),
        (State.FAILED, None, FILE, Truth.FILE_AFTER_ALL),
        (State.STARTING, "starting", None, Truth.RECORDING),
        (State.ACTIVE, "active", None, Truth.RECORDING),
        (State.STOPPING, "active", None, Truth.STOP_NOT_DONE),
        (State.ACTIVE, "ending", None, Truth.UPLOADING),
        (State.STOPPING, "complete", FILE, Truth.OVER),
        (State.ACTIVE, "limit_reached", FILE, Truth.OVER),
        (State.STOPPING, "complete", None, Truth.OVER_WITHOUT_FILE),
        (State.ACTIVE, "failed", None, Truth.ENDED_BADLY),
        (State.STARTING, "aborted", None, Truth.ENDED_BADLY),
        (State.ACTIVE, None, None, Truth.FORGOTTEN),
        (State.ACTIVE, None, FILE, Truth.FORGOTTEN_WITH_FILE),
    ],
)
def test_the_three_sides_together_are_one_truth(
    state: State, status: str | None, stored: Stored | str | None, expected: Truth
):
    row = Recording(state=state, size=3, egress_id="EG_1")
    kept = Kept(row, egress_in(status) if status else None, stored)
    assert truth.of(kept, livekit_answered=True) is expected
    if not state.terminal:
        assert truth.of(kept, livekit_answered=False) is Truth.LIVEKIT_AWAY
    row.deleting_at = utcnow()
    assert truth.of(kept, livekit_answered=True) is Truth.BEING_DELETED


def test_expired_ones_and_unanswered_starts_are_told_apart():
    over = Recording(state=State.SAVED, size=3, expires_at=EARLIER)
    assert truth.of(Kept(over, None, FILE), livekit_answered=True) is Truth.EXPIRED
    assert truth.of(Kept(over, None, None), livekit_answered=True) is Truth.REMOVED
    begun = Recording(state=State.STARTING)
    assert truth.of(Kept(begun, None, None), livekit_answered=True) is Truth.NOT_ANSWERED


def test_each_truth_has_a_sentence_and_asks_one_side_or_none():
    page = Path("webapp/templates/support/_stored.html").read_text()
    assert {each.value for each in Truth} == set(re.findall(r'^  "(\w+)": _\(', page.partition("{% set who")[0], re.M))
    assert not truth.ASK_LIVEKIT & truth.ASK_STORAGE


def test_support_asks_the_storage_of_a_file_that_is_missing_and_again_when_it_is_back(
    installation: Installation, client_as: As, settings: Settings
):
    room, support = installation.room(), client_as("support")
    row = recorded(room)
    page = support.get(f"/rooms/{room.slug}/support").text
    assert "its file isn't there" in page and "Ask the storage now" in page
    heal = f"/rooms/{room.slug}/support/recordings/{row.id}/heal"
    assert heal in page
    assert support.post(heal).location == f"/rooms/{room.slug}/support#stored"
    assert told(support, room, row)["state"] == "gone"
    put(settings, row)
    assert told(support, room, row)["truth"] == "file_back"
    support.post(heal)
    assert (told(support, room, row)["state"], told(support, room, row)["truth"]) == ("saved", "saved")
    assert heal not in support.get(f"/rooms/{room.slug}/support").text, "nothing to ask"


def test_support_frees_a_room_whose_recording_livekit_forgot(installation: Installation, client_as: As):
    room, support = installation.room(), client_as("support")
    row = recorded(room, State.ACTIVE, stored_at=None, size=None)
    assert told(support, room, row)["truth"] == "forgotten"
    assert "Ask LiveKit now" in support.get(f"/rooms/{room.slug}/support").text
    support.post(f"/rooms/{room.slug}/support/recordings/{row.id}/heal")
    assert told(support, room, row)["state"] == "failed"


def test_a_recording_of_another_room_is_not_asked_of(installation: Installation, client_as: As):
    room, other = installation.room(), installation.room()
    row = recorded(other)
    assert client_as("support").post(f"/rooms/{room.slug}/support/recordings/{row.id}/heal").status_code == 404


def test_support_sees_no_content_no_title_and_no_way_to_it(
    installation: Installation, client_as: As, settings: Settings
):
    room, support = installation.room(), client_as("support")
    row = recorded(room, started_by_id=persona("owner").id)
    put(settings, row)
    page = support.get(f"/rooms/{room.slug}/support").text
    main = page[page.index("<main") :]
    assert "/media/" not in main and f"/recordings/{row.id}/" not in main.replace("/heal", "") and "Person" not in main
    assert "stop" not in main.lower().replace("stopped", "") and "Delete" not in main
    assert support.get(f"/recordings/{row.id}/").status_code == 404
    assert support.get(f"/media/{row.key}").status_code == 404


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        {"state": State.SAVED},
        {"state": State.ACTIVE},
        {"state": State.FAILED},
        {"state": State.GONE},
        {"expires_at": EARLIER},
        {"deleting_at": EARLIER},
        {"mode": Mode.TRANSCRIPT},
    ],
)
@pytest.mark.parametrize("in_a_bucket", [True, False])
def test_what_the_proxy_would_be_told_is_what_it_is_told(
    room: Room,
    client_as: As,
    client: Browser,
    request: Any,
    livekit: LiveKit,
    may: bool,
    values: Any,
    in_a_bucket: bool,
):
    if in_a_bucket:
        request.getfixturevalue("in_bucket")
    row = recorded(room)
    db.session.execute(sa.update(Recording).values(**values))
    db.session.execute(sa.update(Room).values(members_may_watch=may))
    db.session.commit()
    asked = {"X-Original-URI": f"/media/{row.key}", "X-Original-Method": "GET"}
    browsers = {name: client_as(name) for name in ("owner", "administrator", "member")}
    browsers |= {"none": client_as("stranger"), "signed_out": client}
    real = {name: each.get("/hooks/media-auth", headers=asked).status_code for name, each in browsers.items()}
    assert real["none"] == client_as("admin").get("/hooks/media-auth", headers=asked).status_code
    if "deleting_at" in values:
        assert set(real.values()) == {401, 403}
        return  # not listed any more
    said = told(client_as("support"), room, row)["proxy"]
    assert {name: status for name, (status, _) in said.items()} == real
