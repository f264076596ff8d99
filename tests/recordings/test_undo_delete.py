"""A deletion asks who loses what, and is taken back by whoever asked for it, for ten seconds."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
import time_machine

from tests.support.deleted import let_go, pass_seconds
from tests.support.factories import trail
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core import signed_ids
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.jobs import register, work
from webapp.recordings import deletions
from webapp.recordings.models import Recording
from webapp.recordings.states import State

pytestmark = pytest.mark.usefixtures("stopped_clock")
ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]


def delete(browser: Browser, *recordings: Recording) -> str:
    """Delete them at once; gives where that is undone."""
    if len(recordings) == 1:
        assert browser.post(f"/recordings/{recordings[0].id}/delete").status_code == 303
    else:
        chosen = [f"{recording.id}:{recording.version}" for recording in recordings]
        browser.post("/recordings/delete", data={"chosen": chosen, "confirmed": "yes"})
    return f"/recordings/undo-delete/{deletions.token(recordings[0])}"


def left() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Recording)) or 0


def is_there(browser: Browser, recording: Recording) -> bool:
    return browser.get(f"/media/{recording.key}").status_code == 200


def test_the_question_says_who_loses_what(client_as: ClientAs, make_recording: Make):
    asked = text_of(client_as("owner").get(f"/recordings/{make_recording().id}/delete").text)
    assert "2 people can open it now, and lose it." in asked
    assert "Links to it stop working, also those in mails that were sent." in asked
    assert "You can undo this for 10 s; after that it can't be restored." in asked


def test_under_a_legal_hold_there_is_no_question(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    recording.held_at = utcnow()
    db.session.commit()
    answer = client_as("owner").get(f"/recordings/{recording.id}/delete")
    assert answer.status_code == 409 and "A legal hold keeps this recording" in text_of(answer.text)
    assert f'action="/recordings/{recording.id}/delete"' not in answer.text


def test_it_is_undone_within_ten_seconds_and_nothing_was_lost(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    undo = delete(owner, recording)
    assert not is_there(owner, recording)
    work.run_due(register.HANDLERS)
    assert left() == 1 and (settings.recordings_dir / recording.key).exists()
    answer = owner.post(undo)
    assert answer.status_code == 303 and answer.location.endswith(f"/recordings/{recording.id}/")
    assert "1 recording is kept." in owner.get(answer.location).text
    assert is_there(owner, recording)
    let_go()
    work.run_due(register.HANDLERS)
    assert left() == 1 and is_there(owner, recording)
    assert len(trail("recording.delete")) == len(trail("recording.undo_delete")) == 1


def test_meanwhile_its_page_says_deleting_and_nothing_opens_it(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    undo = delete(owner, recording)
    here = f"/recordings/{recording.id}/"
    for who in ("owner", "administrator", "member", "admin"):
        page = client_as(who).get(here)
        assert page.status_code == 200 and "Deleting…" in page.text and "No one can open it any more." in page.text
        assert "/media/" not in page.text and (f'action="{undo}"' in page.text) == (who == "owner")
        assert client_as(who).get(f"/media/{recording.key}").status_code in {403, 404}
    assert client_as("stranger").get(here).status_code == 404
    assert owner.post(f"{here}retention", data={"keep": "7"}).status_code == 404
    assert client_as("admin").get(f"{here}hold").status_code == 404
    let_go()
    assert owner.get(here).status_code == 404


def test_it_is_offered_on_every_page_without_scripts(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    undo = delete(owner, recording)
    for page in ("/recordings/", "/rooms/", "/account/"):
        shown = owner.get(page).text
        assert "Deleting 1 recording" in shown and f'action="{undo}"' in shown
    owner.post(undo)
    assert "Deleting 1 recording" not in owner.get("/rooms/").text


@pytest.mark.parametrize(("seconds", "code", "rows"), [(8, 303, 1), (11, 409, 0)])
def test_after_ten_seconds_a_deletion_stands(
    client_as: ClientAs, make_recording: Make, seconds: int, code: int, rows: int
):
    recording, owner = make_recording(), client_as("owner")
    undo = delete(owner, recording)
    pass_seconds(seconds)
    assert owner.post(undo).status_code == code
    let_go()
    assert left() == rows


def test_a_second_press_changes_nothing_and_says_why(client_as: ClientAs, make_recording: Make):
    owner = client_as("owner")
    undo = delete(owner, make_recording())
    owner.post(undo)
    again = owner.post(undo)
    assert again.status_code == 409 and "it was undone already" in again.text
    assert len(trail("recording.undo_delete")) == 1


def test_what_is_deleted_again_waits_its_own_ten_seconds(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    owner.post(delete(owner, recording))
    delete(owner, recording)
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))  # also of the deletion that was undone
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert left() == 1
    let_go()
    assert left() == 0


@pytest.mark.parametrize(
    ("who", "code"), [("admin", 409), ("administrator", 403), ("member", 403), ("stranger", 404), ("support", 404)]
)
def test_nobody_else_undoes_it(client_as: ClientAs, make_recording: Make, who: str, code: int):
    recording = make_recording()
    undo = delete(client_as("owner"), recording)
    assert client_as(who).post(undo).status_code == code
    assert not is_there(client_as("owner"), recording)


def test_it_is_undone_by_a_post_with_a_token_of_ours_made_for_this_alone(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    undo = delete(owner, recording)
    wrong = ["x", str(recording.id), signed_ids.sign(recording.id, "lobby.undo_deny")]
    assert [owner.post(f"/recordings/undo-delete/{each}").status_code for each in wrong] == [404] * 3
    assert owner.get(undo).status_code == 405
    assert not is_there(owner, recording)


def test_several_that_were_deleted_at_once_come_back_at_once(
    client_as: ClientAs, make_recording: Make, stopped_clock: time_machine.Traveller
):
    owner, several, other = client_as("owner"), [make_recording(), make_recording()], make_recording()
    delete(owner, other)
    stopped_clock.shift(1)
    undo = delete(owner, *several)
    assert "Deleting 2 recordings" in owner.get("/recordings/").text
    assert owner.post(undo).status_code == 303
    assert [is_there(owner, each) for each in (*several, other)] == [True, True, False]


def test_of_a_running_one_the_deletion_is_undone_and_it_stays_stopped(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(State.ACTIVE), client_as("owner")
    page = owner.get(f"/recordings/{recording.id}/delete").text
    assert "Stopping can't be undone." in text_of(page)
    undo = delete(owner, recording)
    assert owner.post(undo).status_code == 303
    db.session.rollback()
    kept = db.session.get_one(Recording, recording.id, populate_existing=True)
    assert (kept.deleting_at, kept.state) == (None, State.STOPPING)
