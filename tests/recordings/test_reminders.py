"""Owners are reminded a week and a day before a recording can't be opened any more: once each, and never in vain."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from tests.plugins.mail_server import MailServer
from tests.support.mails import later, part, sent_mails, states, work_off
from tests.support.personas import Browser, persona
from webapp.core.db import db, utcnow
from webapp.jobs import register
from webapp.mails.models import Mail, MailChoice
from webapp.recordings import announcing
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Access, Role, Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
OWNER = "owner@frontdesk.example"


def remind() -> None:
    """The round of the clock, and the work that it orders."""
    db.session.commit()
    register.by_name()["remind"].function()
    work_off()


def ends_in(recording: Recording, left: timedelta) -> None:
    """Let time pass until so much is left."""
    end = utcnow() + left
    recording.stored_at, recording.expires_at = end - timedelta(days=recording.retention_days or 0), end
    db.session.commit()


@pytest.mark.parametrize(
    ("left", "kinds"),
    [
        (timedelta(days=7, minutes=1), []),
        (timedelta(days=7), ["recording_week_left"]),
        (timedelta(days=1, minutes=1), ["recording_week_left"]),
        (timedelta(days=1), ["recording_day_left"]),
        (timedelta(seconds=30), ["recording_day_left"]),
        (timedelta(seconds=-1), []),
    ],
)
def test_each_reminder_has_its_time(mailing: MailServer, make_recording: Make, left: timedelta, kinds: list[str]):
    ends_in(make_recording(days=30), left)
    remind()
    assert [mail.kind for mail in sent_mails()] == kinds


def test_an_owner_is_reminded_a_week_and_a_day_before_and_once_each(mailing: MailServer, make_recording: Make):
    recording = make_recording(days=30, age=24)
    for _ in range(3):
        remind()
    assert len(mailing.taken) == 1
    words = part(mailing.mail_to(OWNER), "plain")
    assert "can be opened for 6 more days" in words and "Turn off these reminders" in words
    moved = timedelta(days=5, hours=1)
    recording.stored_at -= moved
    recording.expires_at -= moved
    db.session.execute(sa.update(Mail).values(deadline=recording.expires_at))  # time passed, not the end
    for _ in range(3):
        remind()
    assert [mail.kind for mail in sent_mails()] == ["recording_week_left", "recording_day_left"]
    assert len(mailing.taken) == 2
    assert re.search("until tomorrow|Today is the last day", part(mailing.taken[1][1], "plain"))


@pytest.mark.parametrize("days", [None, 1, 7])
def test_what_is_permanent_or_kept_that_shortly_is_not_reminded_of_a_week_before(
    mailing: MailServer, make_recording: Make, days: int | None
):
    recording = make_recording(days=days)
    remind()
    assert mailing.taken == []
    assert len(announcing.reminders(recording)) == (1 if days == 7 else 0)


@pytest.mark.parametrize("why", ["removed", "deleting", "failed", "no owner", "wants none", "no server"])
def test_nobody_is_reminded_in_vain(
    mailing: MailServer, make_recording: Make, why: str, change_settings: Callable[..., None]
):
    recording = make_recording(days=30, age=25)
    if why == "removed":
        recording.removed_at = utcnow()
    if why == "deleting":
        recording.deleting_at = utcnow()
    if why == "failed":
        recording.state = State.FAILED
    if why == "no owner":
        db.session.execute(sa.update(Access).values(revoked_at=utcnow()))
    if why == "wants none":
        db.session.add(MailChoice(user_id=persona("owner").id, topic="reminders"))
    if why == "no server":
        change_settings(smtp_url=SecretStr(""), mail_from="")
    remind()
    assert (mailing.taken, sent_mails()) == ([], [])


def test_a_reminder_that_waits_is_withdrawn_when_the_end_moves_and_the_new_end_has_its_own(
    client_as: ClientAs, mailing: MailServer, make_recording: Make
):
    recording = make_recording(days=30, age=25)
    mailing.said["MAIL"] = "451 later"
    remind()
    assert states() == [("waiting", "busy")]
    url = f"/recordings/{recording.id}/retention"
    assert client_as("owner").post(url, data={"keep": "90", "confirmed": "90"}).status_code == 303
    assert states() == [("withdrawn", "changed")]
    mailing.heal()
    later()
    assert mailing.taken == []
    remind()
    assert mailing.taken == [], "there are 65 days left"
    db.session.refresh(recording)
    ends_in(recording, timedelta(days=6))
    remind()
    assert len(mailing.taken) == 1


def test_an_end_that_is_moved_and_moved_back_has_its_reminder_after_all(
    client_as: ClientAs, mailing: MailServer, make_recording: Make
):
    recording = make_recording(days=30, age=25)
    mailing.said["MAIL"] = "451 later"
    remind()
    for days in ("90", "30"):
        data = {"keep": days, "confirmed": days}
        assert client_as("owner").post(f"/recordings/{recording.id}/retention", data=data).status_code == 303
    mailing.heal()
    later()
    assert (mailing.taken, states()) == ([], [("withdrawn", "changed")])
    remind()
    remind()
    assert (len(mailing.taken), states()) == (1, [("sent", "")])


def test_a_permanent_recording_takes_its_reminders_back(client_as: ClientAs, mailing: MailServer, make_recording: Make):
    recording = make_recording(days=30, age=25)
    mailing.said["MAIL"] = "451 later"
    remind()
    client_as("owner").post(
        f"/recordings/{recording.id}/retention", data={"keep": "permanent", "confirmed": "permanent"}
    )
    mailing.heal()
    later()
    remind()
    assert (mailing.taken, states()) == ([], [("withdrawn", "changed")])


def test_an_end_that_moved_behind_our_back_is_noticed_when_the_reminder_goes(mailing: MailServer, make_recording: Make):
    recording = make_recording(days=30, age=25)
    mailing.said["MAIL"] = "451 later"
    remind()
    db.session.execute(sa.update(Recording).values(expires_at=recording.expires_at + timedelta(days=100)))
    mailing.heal()
    later()
    assert (mailing.taken, states()) == ([], [("withdrawn", "changed")])


def test_who_lost_the_role_meanwhile_is_not_reminded_and_who_got_it_is(
    mailing: MailServer, make_recording: Make, room: Room
):
    make_recording(days=30, age=25)
    mailing.said["MAIL"] = "451 later"
    remind()
    db.session.execute(sa.update(Access).where(Access.user_id == persona("owner").id).values(revoked_at=utcnow()))
    db.session.add(Access(room_id=room.id, user_id=persona("stranger").id, role=Role.OWNER))
    mailing.heal()
    later()
    remind()
    assert mailing.recipients == ["stranger@frontdesk.example"]
    assert sorted(states()) == [("sent", ""), ("withdrawn", "no_owner")]


def test_a_shorter_time_set_late_reminds_every_owner_at_once(
    client_as: ClientAs, mailing: MailServer, make_recording: Make, room: Room
):
    db.session.add(Access(room_id=room.id, user_id=persona("stranger").id, role=Role.OWNER))
    recording = make_recording(age=26)
    client_as("owner").post(f"/recordings/{recording.id}/retention", data={"keep": "30", "confirmed": "30"})
    remind()
    assert mailing.recipients == [OWNER, "stranger@frontdesk.example"]


def test_nobody_is_reminded_of_the_end_of_what_nobody_can_open(mailing: MailServer, make_recording: Make):
    recording = make_recording(days=30)
    recording.mode = Mode.TRANSCRIPT
    ends_in(recording, timedelta(days=2))
    remind()
    assert sent_mails() == []


def test_a_reminder_that_was_refused_can_be_sent_again_until_the_end_moves(
    client_as: ClientAs, mailing: MailServer, make_recording: Make
):
    recording = make_recording(days=30)
    ends_in(recording, timedelta(days=6))
    mailing.refused[OWNER] = "550 no"
    remind()
    page, url = f"/recordings/{recording.id}/", f"/recordings/{recording.id}/mails"
    owner, data = client_as("owner"), {"owner": str(persona("owner").id), "kind": "recording_week_left"}
    assert "Send the reminder again" in owner.get(page).text
    mailing.heal()
    assert owner.post(url, data=data).status_code == 303
    work_off()
    assert mailing.mail_to(OWNER)["Subject"].startswith("Ends on ")
    assert "Send the reminder again" not in owner.get(page).text
    early = owner.post(url, data={**data, "kind": "recording_day_left"})
    assert early.status_code == 409 and "There is no such reminder" in early.text
    assert owner.post(url, data={**data, "kind": "weather"}).status_code == 422


@pytest.mark.parametrize(("days", "told"), [("90", True), ("30", True), ("7", True), ("permanent", False)])
def test_the_result_of_a_choice_says_when_owners_are_reminded(
    client_as: ClientAs, mailing: MailServer, make_recording: Make, days: str, told: bool
):
    recording = make_recording(days=30)
    shown = client_as("owner").get(f"/recordings/{recording.id}/retention?keep={days}").text
    result = shown[shown.index('id="retention-result"') :]
    assert ("Owners are reminded on" in result[: result.index("</div>")]) is told
