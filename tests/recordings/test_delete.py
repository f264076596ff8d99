"""Deleting says what is lost, refuses everybody at once, and takes the file before the row."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.deleted import let_go
from tests.support.factories import trail
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.recordings.models import Recording

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]


def test_an_owner_deletes_file_and_row_and_the_trail_stays(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    url, key = f"/recordings/{recording.id}/delete", recording.key
    owner = client_as("owner")
    assert "be restored" in owner.get(url).text
    assert owner.post(url).status_code == 303
    assert owner.get(f"/media/{key}").status_code == 404, "refused at once"
    let_go()
    assert not (settings.recordings_dir / key).exists()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 0
    assert len(trail("recording.delete")) == 1


def test_while_the_disk_refuses_the_row_stays_and_it_is_tried_again(
    client_as: ClientAs, make_recording: Make, monkeypatch: pytest.MonkeyPatch
):
    recording = make_recording()
    client_as("owner").post(f"/recordings/{recording.id}/delete")

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", refuse)
        let_go()
    assert db.session.scalar(sa.select(DueWork.problem)) == "PermissionError"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 1


def test_administrators_of_the_room_do_not_delete(client_as: ClientAs, make_recording: Make):
    assert client_as("administrator").post(f"/recordings/{make_recording().id}/delete").status_code == 403


def test_a_recording_of_a_deleted_room_stays_with_its_owners(client_as: ClientAs, make_recording: Make, room):
    recording = make_recording()
    room.deleted_at = recording.created_at
    db.session.commit()
    page = client_as("owner").get(f"/recordings/{recording.id}/")
    assert page.status_code == 200
