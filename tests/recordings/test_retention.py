"""How long a recording is kept is its owners' to say; an expired one is refused while its file still exists."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.jobs import register, work
from webapp.recordings import jobs, storage
from webapp.recordings.models import Recording
from webapp.recordings.retention import Keeping, days_through, expires_at, keeping
from webapp.recordings.states import State
from webapp.rooms.models import Access, Role, Room

FOR_EVER = {"keep": "permanent", "confirmed": "permanent"}
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


@pytest.mark.parametrize(
    ("day", "days"), [(date(2026, 3, 28), 1), (date(2026, 3, 29), 2), (date(2026, 3, 30), 3), (date(2020, 1, 1), 1)]
)
def test_through_a_day_means_until_it_is_over_also_when_the_clocks_change(day: date, days: int):
    assert days_through(day, ZoneInfo("Europe/Paris"), NOON) == days


def test_an_owner_sets_days_and_takes_them_back(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    owner = client_as("owner")
    url = f"/recordings/{recording.id}/retention"
    assert owner.post(url, data={"keep": "30", "confirmed": "30"}).status_code == 303
    db.session.refresh(recording)
    assert recording.expires_at == recording.stored_at + timedelta(days=30)
    db.session.commit()
    swap = owner.post(url, data=FOR_EVER, headers=SWAP)
    assert swap.status_code == 200 and 'id="recording"' in swap.text
    db.session.refresh(recording)
    assert recording.expires_at is None
    assert [entry.details for entry in trail("recording.set_retention")] == [
        {"before": "permanent", "after": 30},
        {"before": 30, "after": "permanent"},
    ]


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_the_result_is_shown_before_it_is_saved(client_as: ClientAs, make_recording: Make, headers: dict[str, str]):
    recording, owner = make_recording(), client_as("owner")
    url = f"/recordings/{recording.id}/retention"
    first = owner.post(url, data={"keep": "7", "confirmed": "permanent"}, headers=headers)
    assert first.status_code == 200 and "Kept until" in first.text and "2 people can open it" in first.text
    db.session.refresh(recording)
    assert recording.expires_at is None
    db.session.commit()
    confirmed = re.findall(r'name="confirmed"[^>]* value="([^"]*)"', first.text)[-1]
    assert owner.post(url, data={"keep": "7", "confirmed": confirmed}, headers=headers).status_code in {200, 303}
    db.session.refresh(recording)
    assert recording.retention_days == 7


def test_a_choice_is_looked_at_without_saving_it(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(age=10), client_as("owner")
    url = f"/recordings/{recording.id}/retention"
    assert "Expires at once" in owner.get(f"{url}?keep=7", headers=SWAP).text
    assert "Kept until someone deletes it" in owner.get(f"{url}?keep=permanent", headers=SWAP).text
    assert owner.get(f"{url}?keep=ever", headers=SWAP).status_code == 422
    assert client_as("administrator").get(f"{url}?keep=7").status_code == 403
    db.session.refresh(recording)
    assert (recording.version, recording.retention_days) == (0, None)


def test_a_date_keeps_it_until_that_day_is_over_where_the_owner_lives(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    day = (utcnow() + timedelta(days=20)).date()
    data = {"keep": "date", "until": day.isoformat()}
    shown = owner.post(f"/recordings/{recording.id}/retention", data=data).text
    confirmed = re.findall(r'name="confirmed"[^>]* value="([^"]*)"', shown)[-1]
    answer = owner.post(f"/recordings/{recording.id}/retention", data=data | {"confirmed": confirmed})
    assert answer.status_code == 303
    db.session.refresh(recording)
    over = datetime.combine(day + timedelta(days=1), time(), ZoneInfo("Europe/Paris"))
    assert recording.expires_at is not None and over <= recording.expires_at < over + timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "says"),
    [("", "Choose a day"), ("2020-01-01", "today or a later day"), ("soon", "Choose a day"), ("9999-12-31", "at most")],
)
def test_a_day_that_is_none_is_refused_and_nothing_changes(
    client_as: ClientAs, make_recording: Make, until: str, says: str
):
    recording = make_recording(days=5)
    before = recording.expires_at
    data = {"keep": "date", "until": until, "confirmed": "5"}
    answer = client_as("owner").post(f"/recordings/{recording.id}/retention", data=data)
    assert answer.status_code == 422 and 'class="error"' in answer.text and says in answer.text
    db.session.refresh(recording)
    assert recording.expires_at == before


def test_the_installation_s_longest_time_bounds_what_owners_choose(
    client_as: ClientAs, make_recording: Make, change_settings: Callable[..., None]
):
    change_settings(retention_max_days=60)
    recording, owner = make_recording(), client_as("owner")
    url = f"/recordings/{recording.id}/retention"
    page = owner.get(f"/recordings/{recording.id}/").text
    assert (
        'value="30"' in page
        and 'value="90"' not in page
        and 'value="permanent"' not in page.split("retention-result")[0]
    )
    for data in ({"keep": "90"}, {"keep": "permanent"}):
        assert owner.post(url, data=data | {"confirmed": data["keep"]}).status_code == 422
    far = (utcnow() + timedelta(days=61)).date().isoformat()
    answer = owner.post(url, data={"keep": "date", "until": far})
    assert answer.status_code == 422 and "at most 60 days" in answer.text
    db.session.refresh(recording)
    assert recording.retention_days is None


def test_how_long_it_was_to_be_kept_before_is_shown(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    for keep in ("30", "7"):
        owner.post(f"/recordings/{recording.id}/retention", data={"keep": keep, "confirmed": keep})
    page = owner.get(f"/recordings/{recording.id}/").text
    history = page.split("History")[1].split("</ol>")[0]
    assert history.count("<li>") == 2 and "7 instead of 30" in history


def test_only_owners_decide(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    url = f"/recordings/{recording.id}/retention"
    assert client_as("administrator").post(url, data=FOR_EVER).status_code == 403
    assert client_as("stranger").post(url, data=FOR_EVER).status_code == 404


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


def test_the_file_goes_a_day_after_it_expired_and_the_row_stays_to_say_so(client_as: ClientAs, make_recording: Make):
    old, fresh, kept = make_recording(days=2, age=4), make_recording(days=2, age=2), make_recording(age=400)
    assert jobs.remove_expired() == 1
    work.run_due(register.HANDLERS)
    there = [(settings.recordings_dir / recording.key).exists() for recording in (old, fresh, kept)]
    assert there == [False, True, True]
    assert jobs.remove_expired() == 0, "once"
    page = client_as("owner").get(f"/recordings/{old.id}/")
    assert page.status_code == 200 and "the file is gone" in page.text
    late = client_as("owner").post(f"/recordings/{old.id}/retention", data=FOR_EVER)
    assert late.status_code == 409 and "nothing can be kept" in late.text
    assert len(trail("recording.remove_expired")) == 1


def test_within_that_day_an_owner_can_keep_it_longer(client_as: ClientAs, make_recording: Make):
    recording = make_recording(days=2, age=2)
    owner = client_as("owner")
    assert owner.post(f"/recordings/{recording.id}/retention", data=FOR_EVER).status_code == 303
    assert jobs.remove_expired() == 0
    assert owner.get(f"/media/{recording.key}").status_code == 200


def test_a_file_that_cannot_be_removed_does_not_keep_the_next(make_recording: Make, monkeypatch: pytest.MonkeyPatch):
    stuck, next_ = make_recording(days=1, age=9), make_recording(days=1, age=8)
    unlink = Path.unlink

    def refuse(path: Path, **how: bool) -> None:
        if path.name.startswith(str(stuck.id)):
            raise PermissionError
        unlink(path, **how)

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", refuse)
        assert jobs.remove_expired() == 2
        work.run_due(register.HANDLERS)
    assert not (settings.recordings_dir / next_.key).exists()
    assert (settings.recordings_dir / stuck.key).exists()
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert not (settings.recordings_dir / stuck.key).exists(), "tried again an hour later"


def test_no_file_is_taken_while_a_transaction_writes(make_recording: Make):
    recording = make_recording()
    recording.size = 1
    db.session.flush()
    with pytest.raises(RuntimeError, match="transaction is open"):
        storage.delete(recording.key)
    assert (settings.recordings_dir / recording.key).exists()


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_the_second_of_two_owners_hears_who_set_another_time_and_keeps_what_was_typed(
    client_as: ClientAs, make_recording: Make, room: Room, headers: dict[str, str]
):
    recording, other = make_recording(), persona("stranger")
    db.session.add(Access(room_id=room.id, user_id=other.id, role=Role.OWNER))
    url, owner, second = f"/recordings/{recording.id}/retention", client_as("owner"), client_as("stranger")
    shown = owner.get(f"/recordings/{recording.id}/").text
    seen = re.findall(r'name="seen"[^>]* value="([^"]*)"', shown)[-1]
    assert owner.post(url, data=FOR_EVER | {"seen": seen}).status_code == 303
    late = second.post(url, data={"keep": "7", "confirmed": "7", "seen": seen}, headers=headers)
    assert late.status_code == 409 and ("<html" in late.text) is not bool(headers)
    assert (
        "<b>Owner Person</b> changed how many days a recording of this room is kept" in late.text
        and "just now" in late.text
    )
    assert re.search('checked [^>]*value="7"', late.text)
    db.session.refresh(recording)
    assert recording.expires_at is None
    again = re.findall(r'name="seen"[^>]* value="([^"]*)"', late.text)[-1]
    db.session.commit()
    assert second.post(url, data={"keep": "7", "confirmed": "7", "seen": again}, headers=SWAP).status_code == 200
    db.session.refresh(recording)
    assert recording.expires_at is not None


def test_the_list_of_one_room_stays_that_rooms_when_it_is_filtered_and_turned(
    client_as: ClientAs, make_recording: Make, room: Room
):
    for _ in range(21):
        make_recording()
    page = client_as("owner").get(f"/recordings/?room={room.slug}").text
    assert f"/recordings/?filter=expired&amp;room={room.slug}" in page
    assert re.search(rf'href="/recordings/\?older=[0-9a-f]+&amp;room={room.slug}"', page)
    assert f'<input type="hidden" name="room" value="{room.slug}">' in page
