"""How long a recording is kept is its owners' to say; an expired one is refused while its file still exists."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.personas import SWAP, Browser
from webapp.audit.models import AuditEntry
from webapp.db import db
from webapp.recordings.models import Recording, State
from webapp.recordings.retention import Keeping, expires_at, keeping
from webapp.rooms.models import Room
from webapp.settings import settings

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=8), Keeping.FAR),
        (timedelta(days=7), Keeping.WEEK),
        (timedelta(days=1, seconds=1), Keeping.WEEK),
        (timedelta(days=1), Keeping.TOMORROW),
        (timedelta(seconds=1), Keeping.TOMORROW),
        (timedelta(0), Keeping.EXPIRED),
        (timedelta(days=-1), Keeping.EXPIRED),
    ],
)
def test_the_warning_fits_the_time_that_is_left(left: timedelta, expected: Keeping):
    assert keeping(NOON + left, NOON) is expected


def test_days_are_counted_from_the_object_s_time_over_a_change_of_the_clocks():
    assert expires_at(NOON, 2) == datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert expires_at(NOON, None) is None
    assert expires_at(None, 3) is None


def test_an_owner_sets_days_and_takes_them_back(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    owner = client_as("owner")
    url = f"/recordings/{recording.id}/retention"
    assert owner.post(url, data={"keep": "days", "days": "10"}).status_code == 303
    db.session.refresh(recording)
    assert recording.expires_at == recording.stored_at + timedelta(days=10)
    db.session.commit()
    swap = owner.post(url, data={"keep": "permanent"}, headers=SWAP)
    assert swap.status_code == 200 and 'id="recording"' in swap.text
    db.session.refresh(recording)
    assert recording.expires_at is None
    changes = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "recording.set_retention"))
    assert [entry.details for entry in changes] == [
        {"before": "permanent", "after": 10},
        {"before": 10, "after": "permanent"},
    ]


@pytest.mark.parametrize("days", ["", "0", "-1", "36501", "ten", "1e3"])
def test_days_that_are_none_are_refused_and_nothing_changes(client_as: ClientAs, make_recording: Make, days: str):
    recording = make_recording(days=5)
    before = recording.expires_at
    answer = client_as("owner").post(f"/recordings/{recording.id}/retention", data={"keep": "days", "days": days})
    assert (answer.status_code == 422 and "aria-invalid" in answer.text) or "error" in answer.text
    db.session.refresh(recording)
    assert recording.expires_at == before


def test_only_owners_decide(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    url = f"/recordings/{recording.id}/retention"
    assert client_as("administrator").post(url, data={"keep": "permanent"}).status_code == 403
    assert client_as("stranger").post(url, data={"keep": "permanent"}).status_code == 404


def test_an_expired_recording_is_refused_while_its_file_exists(client_as: ClientAs, make_recording: Make):
    recording = make_recording(days=1, age=2)
    assert (settings.recordings_dir / recording.key).exists()
    answer = client_as("owner").get(f"/media/{recording.key}")
    assert answer.status_code == 410 and "expired" in answer.text
    assert "Download" not in client_as("owner").get(f"/recordings/{recording.id}/").text


def test_the_list_filters_what_expires_within_a_week(client_as: ClientAs, make_recording: Make, room: Room):
    soon, far, dead = make_recording(days=5), make_recording(days=50), make_recording(days=1, age=3)
    owner = client_as("owner")
    shown = owner.get("/recordings/?filter=expiring").text
    assert str(soon.id) in shown and str(far.id) not in shown and str(dead.id) not in shown
    assert str(dead.id) in owner.get("/recordings/?filter=expired").text
    assert str(make_recording(State.FAILED).id) in owner.get("/recordings/?filter=failed").text
