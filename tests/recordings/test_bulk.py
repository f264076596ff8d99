"""Many recordings at once: a dry run says what becomes of each, then each is done or refused by itself."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import Counted
from tests.support.deleted import let_go
from tests.support.factories import make_room, trail
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp.core.db import db, new_id, utcnow
from webapp.core.settings import settings
from webapp.recordings import bulk
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
DELETE, KEEP = "/recordings/delete", "/recordings/retention"


def shown(page: str) -> list[str]:
    """What the page says becomes of each, as words."""
    cells = re.findall(r'<td class="fate">(.*?)</td>', page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", cell)).strip() for cell in cells]


def carried(page: str) -> list[str]:
    """The recordings that the page's form sends on, with their versions."""
    return re.findall(r'name="chosen" value="([^"]*)"', page)


def ids(*recordings: Recording) -> dict[str, list[str]]:
    return {"chosen": [str(recording.id) for recording in recordings]}


def stored(recording: Recording) -> Recording:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Recording, recording.id)


def elsewhere(who: str = "stranger") -> Recording:
    recording = Recording(room_id=make_room(who).id, mode=Mode.VIDEO, state=State.SAVED, key=f"recordings/{new_id()}")
    db.session.add(recording)
    db.session.commit()
    return recording


def test_the_dry_run_of_a_deletion_deletes_nothing_and_the_second_step_each(client_as: ClientAs, make_recording: Make):
    recordings, other, owner = [make_recording(), make_recording(State.FAILED)], make_recording(), client_as("owner")
    dry = owner.post(DELETE, data=ids(*recordings))
    assert dry.status_code == 200 and "Delete 2 recordings?" in dry.text and "Nothing has been deleted yet" in dry.text
    assert shown(dry.text) == ["Will be deleted."] * 2 and trail("recording.delete") == []
    done = owner.post(DELETE, data={"chosen": carried(dry.text), "confirmed": "yes"})
    assert done.status_code == 200 and "2 recordings deleted" in done.text and shown(done.text) == ["Deleted."] * 2
    assert len(trail("recording.delete")) == 2
    let_go()
    db.session.rollback()
    assert list(db.session.scalars(sa.select(Recording.id))) == [other.id]
    assert not (settings.recordings_dir / recordings[0].key).exists()
    again = owner.post(DELETE, data={"chosen": carried(dry.text), "confirmed": "yes"})
    assert "0 recordings deleted" in again.text and len(trail("recording.delete")) == 2, "once"


def test_what_is_not_ones_own_is_refused_and_keeps_the_rest_from_nothing(client_as: ClientAs, make_recording: Make):
    mine, theirs, nothing = make_recording(), elsewhere(), new_id()
    for confirmed in ({}, {"confirmed": "yes"}):
        chosen = [str(mine.id), str(theirs.id), str(nothing), "x", ""]
        page = client_as("owner").post(DELETE, data={"chosen": chosen, **confirmed}).text
        assert shown(page)[1:] == ["Deleted already, or not one of yours."] * 2
        assert page.count("Unknown recording") == 2 and "Room " not in page.split("<main")[1], "nothing of it is told"
    assert stored(mine).deleting_at is not None and stored(theirs).deleting_at is None


def test_administrators_of_the_room_and_members_change_nothing(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    for who, says in (
        ("administrator", "Only owners of the room"),
        ("member", "Only owners of the room"),
        ("stranger", "not one of yours"),
    ):
        browser = client_as(who)
        assert says in browser.post(DELETE, data={**ids(recording), "confirmed": "yes"}).text
        assert says in browser.post(KEEP, data={**ids(recording), "keep": "7", "confirmed": "7"}).text
        assert 'name="chosen"' not in browser.get("/recordings/").text
    assert (stored(recording).deleting_at, recording.retention_days) == (None, None)


def test_an_admin_deletes_but_does_not_say_how_long(client_as: ClientAs, make_recording: Make):
    recording, admin = make_recording(), client_as("admin")
    assert "Only owners" in admin.post(KEEP, data={**ids(recording), "keep": "7", "confirmed": "7"}).text
    assert "1 recording deleted" in admin.post(DELETE, data={**ids(recording), "confirmed": "yes"}).text


def test_one_that_runs_is_stopped_and_goes_when_it_has_ended(client_as: ClientAs, make_recording: Make, live: LiveKit):
    recording, owner = make_recording(State.ACTIVE), client_as("owner")
    assert shown(owner.post(DELETE, data=ids(recording)).text) == ["Is still running. Will be stopped, then deleted."]
    owner.post(DELETE, data={**ids(recording), "confirmed": "yes"})
    assert stored(recording).state is State.STOPPING and recording.deleting_at is not None
    assert len(trail("recording.stop")) == 1
    assert live is not None


def test_retention_is_asked_for_shown_for_each_and_then_saved(client_as: ClientAs, make_recording: Make):
    old, new, kept = make_recording(age=10), make_recording(), make_recording(days=7)
    owner = client_as("owner")
    first = owner.post(KEEP, data=ids(old, new, kept))
    assert first.status_code == 200 and "Save retention" not in first.text and "Permanent" in shown(first.text)[0]
    data = {"chosen": carried(first.text), "keep": "7"}
    dry = owner.post(KEEP, data=data)
    assert sorted(shown(dry.text))[0] == "Expires at once." and "It is kept this long already." in shown(dry.text)
    assert {stored(each).retention_days for each in (old, new)} == {None}
    done = owner.post(KEEP, data={"chosen": carried(dry.text), "keep": "7", "confirmed": "7"})
    assert "Retention of 2 recordings changed" in done.text and "1 of them stays as it is" in done.text
    for each in (old, new):
        assert stored(each).expires_at == each.stored_at + timedelta(days=7) and each.version == 1
    assert stored(kept).version == 0
    changes = [entry.details for entry in trail("recording.set_retention")]
    assert changes == [{"before": "permanent", "after": 7}] * 2


def test_a_choice_that_was_not_shown_is_shown_first(client_as: ClientAs, make_recording: Make):
    recording, owner = make_recording(), client_as("owner")
    page = owner.post(KEEP, data={**ids(recording), "keep": "30", "confirmed": "7"})
    assert "Nothing has been changed yet" in page.text and stored(recording).retention_days is None


def test_a_day_keeps_each_until_it_is_over_where_the_owner_lives(client_as: ClientAs, make_recording: Make):
    old, new, owner = make_recording(age=5), make_recording(), client_as("owner")
    zone = ZoneInfo("Europe/Paris")
    day = utcnow().astimezone(zone).date() + timedelta(days=20)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    new.stored_at = end - timedelta(days=30, minutes=-5)  # five minutes too late for thirty days less one
    db.session.commit()
    data = {**ids(old, new), "keep": "date", "until": day.isoformat()}
    dry = owner.post(KEEP, data=data)
    assert len(shown(dry.text)) == 2 and f'value="date {day.isoformat()}"' in dry.text
    owner.post(KEEP, data=data | {"confirmed": f"date {day.isoformat()}"})
    for each in (old, new):
        expires_at = stored(each).expires_at
        assert expires_at is not None and end <= expires_at < end + timedelta(days=1)
    assert new.retention_days == 30


@pytest.mark.parametrize(
    "data", [{"keep": "date", "until": ""}, {"keep": "date", "until": "2020-01-01"}, {"keep": "x"}]
)
def test_a_choice_that_is_none_is_refused_for_all(client_as: ClientAs, make_recording: Make, data: dict[str, str]):
    recording = make_recording()
    answer = client_as("owner").post(KEEP, data={**ids(recording), **data, "confirmed": data["keep"]})
    assert answer.status_code == 422 and 'class="error"' in answer.text and carried(answer.text)
    assert stored(recording).version == 0


def test_what_expired_was_removed_or_has_no_file_is_not_kept(client_as: ClientAs, make_recording: Make):
    over, removed, failed, gone = (
        make_recording(days=1, age=2),
        make_recording(days=1, age=9),
        make_recording(State.FAILED),
        make_recording(State.GONE),
    )
    removed.removed_at = utcnow()
    db.session.commit()
    data = {**ids(over, removed, failed, gone), "keep": "permanent", "confirmed": "permanent"}
    page = client_as("owner").post(KEEP, data=data).text
    assert [words[:14] for words in shown(page)] == [
        "It has expired",
        "It has expired",
        "It has no file",
        "It has no file",
    ]
    assert stored(over).retention_days == 1 and trail("recording.set_retention") == []


@pytest.mark.parametrize(("url", "more"), [(DELETE, {"confirmed": "yes"}), (KEEP, {"keep": "7", "confirmed": "7"})])
def test_what_a_legal_hold_keeps_stays_as_it_is(
    client_as: ClientAs, make_recording: Make, url: str, more: dict[str, str]
):
    held, free = make_recording(), make_recording()
    held.held_at = utcnow()
    db.session.commit()
    page = client_as("owner").post(url, data={**ids(held, free), **more}).text
    assert shown(page)[1] == "A legal hold keeps it until an admin ends the hold."
    assert (stored(held).deleting_at, held.retention_days, held.version) == (None, None, 0)
    assert stored(free).deleting_at is not None or free.retention_days == 7


def test_no_longer_than_the_installation_allows(
    client_as: ClientAs, make_recording: Make, change_settings: Callable[..., None]
):
    change_settings(retention_max_days=40)
    old, new = make_recording(age=20, days=40), make_recording(days=7)
    day = (utcnow() + timedelta(days=35)).date().isoformat()
    data = {**ids(old, new), "keep": "date", "until": day, "confirmed": f"date {day}"}
    page = client_as("owner").post(KEEP, data=data).text
    assert sorted(words[:8] for words in shown(page)) == ["It can't", "Kept unt"]
    assert stored(old).retention_days == 40 and 35 <= (stored(new).retention_days or 0) <= 37


@pytest.mark.parametrize(("url", "more"), [(DELETE, {}), (KEEP, {"keep": "30"})])
def test_what_somebody_changed_meanwhile_is_refused_and_shown_as_it_is_now(
    client_as: ClientAs, make_recording: Make, url: str, more: dict[str, str]
):
    changed, same, owner = make_recording(), make_recording(), client_as("owner")
    dry = owner.post(url, data={**ids(changed, same), **more})
    owner.post(f"/recordings/{changed.id}/retention", data={"keep": "90", "confirmed": "90"})
    done = owner.post(url, data={"chosen": carried(dry.text), **more, "confirmed": more.get("keep", "yes")})
    assert sum("Someone changed it" in words for words in shown(done.text)) == 1
    assert stored(changed).retention_days == 90 and changed.deleting_at is None
    assert stored(same).deleting_at is not None or same.retention_days == 30


def test_none_or_too_many_lead_back_to_the_list_with_a_word(client_as: ClientAs, make_recording: Make):
    owner, many = client_as("owner"), [str(new_id()) for _number in range(bulk.MOST + 1)]
    for url in (DELETE, KEEP):
        assert "Choose at least one" in owner.post(url, follow_redirects=True).text
        answer = owner.post(url, data={"chosen": many}, follow_redirects=True)
        assert "at most 100" in answer.text


def test_the_list_s_boxes_and_buttons_are_one_form(client_as: ClientAs, make_recording: Make, room: Room):
    recording = make_recording()
    page = client_as("owner").get("/recordings/").text
    assert f'form="chosen" name="chosen" value="{recording.id}"' in page
    assert f'id="chosen" class="chosen" method="post" action="{DELETE}"' in page and f'formaction="{KEEP}"' in page
    assert room.name in page


@pytest.mark.parametrize(("url", "data"), [(DELETE, {}), (KEEP, {"keep": "7"})])
def test_a_dry_run_asks_as_often_for_many_as_for_one(
    app: Flask, client_as: ClientAs, make_recording: Make, count_queries: Counted, url: str, data: dict[str, str]
):
    owner, asked = client_as("owner"), []
    for number in (1, 12):
        recordings = [make_recording() for _number in range(number)]
        with count_queries() as sent:
            assert owner.post(url, data={**ids(*recordings), **data}).status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1]
