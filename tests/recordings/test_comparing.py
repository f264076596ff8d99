"""Every day each saved recording is compared with the storage: one whose file went before its time says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.plugins.bucket import TestBucket
from tests.support.factories import trail
from tests.support.films import FILM
from tests.support.personas import SWAP, Browser
from webapp.core.db import db, utcnow
from webapp.core.due import IncompleteError
from webapp.core.settings import settings
from webapp.recordings import comparing
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.recordings.storage import storage
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]


def a_day_later() -> None:
    db.session.execute(sa.update(Recording).values(compared_at=utcnow() - timedelta(days=1)))
    db.session.commit()


def state_of(recording: Recording) -> State:
    db.session.refresh(recording, ["state"])
    db.session.commit()
    return recording.state


def test_a_file_that_went_before_its_time_is_said_and_one_that_comes_back_too(
    client_as: ClientAs, make_recording: Make
):
    recording, other = make_recording(days=30), make_recording()
    (settings.recordings_dir / recording.key).unlink()
    a_day_later()
    assert comparing.compare() == 2
    assert (state_of(recording), state_of(other)) == (State.GONE, State.SAVED)
    assert len(trail("recording.gone")) == 1
    owner = client_as("owner")
    assert "The file is gone from the storage" in owner.get(f"/recordings/{recording.id}/").text
    assert owner.get(f"/media/{recording.key}").status_code == 404
    assert str(recording.id) in owner.get("/recordings/?filter=failed").text
    assert comparing.compare() == 0, "each once a day"
    (settings.recordings_dir / recording.key).write_bytes(FILM)
    a_day_later()
    comparing.compare()
    assert state_of(recording) is State.SAVED
    assert len(trail("recording.gone")) == 1


def test_an_owner_who_put_the_file_back_checks_at_once(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    path = settings.recordings_dir / recording.key
    path.unlink()
    a_day_later()
    comparing.compare()
    owner = client_as("owner")
    again = owner.post(f"/recordings/{recording.id}/heal", headers=SWAP)
    assert again.status_code == 200 and "gone from the storage" in again.text
    path.write_bytes(FILM)
    assert "gone from the storage" not in owner.post(f"/recordings/{recording.id}/heal", headers=SWAP).text
    assert state_of(recording) is State.SAVED


def test_a_file_that_went_after_its_time_is_not_missed(client_as: ClientAs, make_recording: Make):
    recording = make_recording(days=1, age=2)
    (settings.recordings_dir / recording.key).unlink()
    a_day_later()
    comparing.compare()
    assert state_of(recording) is State.SAVED and trail("recording.gone") == []
    assert "the file is gone" in client_as("owner").get(f"/recordings/{recording.id}/").text


def test_while_the_folder_is_away_nothing_is_said_to_be_gone(make_recording: Make):
    recording = make_recording()
    a_day_later()
    hidden = settings.recordings_dir.with_name("elsewhere")
    settings.recordings_dir.rename(hidden)
    with pytest.raises(IncompleteError):
        comparing.compare()
    hidden.rename(settings.recordings_dir)
    assert state_of(recording) is State.SAVED
    assert comparing.compare() == 1, "it is still due"


def test_a_slice_is_compared_by_one_listing_of_the_bucket(in_bucket: TestBucket, room: Room, make_recording: Make):
    there, lost = [make_recording() for _ in range(3)], make_recording()
    for recording in there:
        in_bucket.put(f"desk/{recording.key}", FILM)
    in_bucket.put("desk/recordings/zzz-of-somebody-else", b"")
    assert storage().find_all([row.key for row in [*there, lost]]) == {row.key for row in there}
    assert storage().find_all([]) == set()
    a_day_later()
    comparing.compare()
    assert [state_of(row) for row in [*there, lost]] == [State.SAVED] * 3 + [State.GONE]
