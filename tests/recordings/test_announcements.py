"""Owners are told by mail that a recording is saved, each alone, in their language and with their times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.plugins.mail_server import MailServer
from tests.support.factories import trail
from tests.support.livekit import LiveKit
from tests.support.mails import later, links, part, sent_mails, states, work_off
from tests.support.personas import SWAP, Browser, make_user, persona
from tests.support.waiting import until
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.mails.models import Mail, MailChoice
from webapp.recordings import service
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import ReportedBy, State
from webapp.recordings.stored import Stored
from webapp.rooms.models import Access, Role, Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
OWNER, SECOND = "owner@frontdesk.example", "stranger@frontdesk.example"


def own(room: Room, who: str | User = "stranger") -> User:
    """One more owner of the room."""
    user = persona(who) if isinstance(who, str) else who
    db.session.add(Access(room_id=room.id, user_id=user.id, role=Role.OWNER))
    db.session.commit()
    return user


def save(recording: Recording, written_at: datetime | None = None) -> None:
    """As when its file is found."""
    service.adopt(
        recording, Stored(size=508_000_000, written_at=written_at or utcnow()), ReportedBy.CHECK, actor=Actor.system()
    )
    db.session.commit()


@pytest.fixture
def recording(make_recording: Make) -> Recording:
    """One that is about to be saved."""
    return make_recording(State.ACTIVE)


def test_every_owner_of_the_room_gets_one_mail_of_their_own(mailing: MailServer, room: Room, recording: Recording):
    own(room)
    save(recording)
    work_off()
    assert mailing.recipients == [OWNER, SECOND]
    assert [len(each) for each in mailing.transactions] == [1, 1]
    assert states() == [("sent", ""), ("sent", "")]
    mail = mailing.mail_to(OWNER)
    assert mail["To"] == OWNER and mail["Cc"] is None and mail["Bcc"] is None
    assert mail["From"] == "Frontdesk <desk@frontdesk.example>"
    assert mail["Subject"].startswith("Recording saved: Housing committee, ")
    assert SECOND not in mail.as_string()


def test_what_is_recorded_and_stopped_by_a_click_is_announced(
    client_as: ClientAs, mailing: MailServer, room: Room, livekit: LiveKit, hooked: LiveKit
):
    livekit.join(str(room.id), "web")
    client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "audio"})
    made = db.session.scalars(sa.select(Recording)).one()
    db.session.commit()
    until(lambda: _state() is State.ACTIVE)
    client_as("owner").post(f"/recordings/{made.id}/stop")
    work_off()
    until(lambda: _state() is State.SAVED)
    work_off()
    assert "Listen to the recording" in part(mailing.mail_to(OWNER), "html")


def _state() -> State:
    state = db.session.scalars(sa.select(Recording.state)).one()
    db.session.commit()  # nothing stays open, which would keep SQLite's only writer waiting
    return state


def test_the_mail_says_until_when_it_can_be_opened_and_where_and_how_to_get_no_more(
    mailing: MailServer, recording: Recording, change_settings: Callable[..., None]
):
    change_settings(public_url="https://desk.frontdesk.example", organisation="Alder Bay Council")
    written = datetime(2030, 11, 12, 14, 12, tzinfo=UTC)
    recording.retention_days, recording.duration_ms = 90, 72 * 60_000
    recording.started_at, recording.ended_at = written - timedelta(minutes=72), written
    save(recording, written)
    work_off()
    mail = mailing.mail_to(OWNER)
    assert mail["Subject"] == "Recording saved: Housing committee, 12 Nov 2030"
    for kind in ("plain", "html"):
        words = part(mail, kind)
        for said in (
            "Housing committee, Tue 12 Nov 2030, 14:00–15:12 (Paris)",
            "Mon 10 Feb 2031, 15:12",
            "(90 days)",
            "We&#39;ll remind you on 3 and 9 Feb." if kind == "html" else "We'll remind you on 3 and 9 Feb.",
            "1 h 12 min, 508 MB",
            "Frontdesk, Alder Bay Council",
            "You get this because you own Housing committee.",
            f"https://desk.frontdesk.example/recordings/{recording.id}/",
        ):
            assert said in words, f"{kind}: {said}"
    assert all(link.startswith("https://desk.frontdesk.example/") for link in links(mail))
    assert "src=" not in part(mail, "html") and "url(" not in part(mail, "html"), "nothing is loaded"
    assert "prefers-color-scheme: dark" in part(mail, "html")
    off = mail["List-Unsubscribe"].strip("<>")
    assert off.startswith("https://desk.frontdesk.example/mails/off/") and off in links(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_permanent_recording_has_no_end_and_promises_no_reminder(mailing: MailServer, recording: Recording):
    save(recording)
    work_off()
    words = part(mailing.mail_to(OWNER), "plain")
    assert "It has no end date." in words and "remind" not in words


def test_who_wants_no_reminders_is_promised_none(mailing: MailServer, recording: Recording):
    db.session.add(MailChoice(user_id=persona("owner").id, topic="reminders"))
    recording.retention_days = 90
    save(recording)
    work_off()
    assert "remind" not in part(mailing.mail_to(OWNER), "plain")


def test_each_owner_reads_it_in_their_own_language_and_time_zone(mailing: MailServer, room: Room, recording: Recording):
    other = own(room)
    other.language, other.timezone = "fr", "America/New_York"
    persona("owner").timezone = "Asia/Tokyo"
    recording.started_at = recording.ended_at = datetime(2030, 11, 12, 23, 30, tzinfo=UTC)
    save(recording)
    work_off()
    here, there = mailing.mail_to(OWNER), mailing.mail_to(SECOND)
    assert "Wed 13 Nov 2030, 08:30 (Tokyo)" in part(here, "plain")
    assert "mar. 12 nov. 2030, 18:30 (New York)" in part(there, "plain")
    assert there["Subject"] == "Enregistrement disponible : Housing committee, 12 nov. 2030"
    assert 'lang="fr"' in part(there, "html") and "Watch" not in part(there, "html")


def test_a_room_s_name_is_text_in_the_page_and_one_line_in_the_subject(
    mailing: MailServer, room: Room, recording: Recording
):
    room.name = "<script>alert(1)</script> Ü & “co”"
    save(recording)
    work_off()
    mail = mailing.mail_to(OWNER)
    assert "<script" not in part(mail, "html") and "&lt;script&gt;" in part(mail, "html")
    assert room.name in part(mail, "plain") and room.name in mail["Subject"]


@pytest.mark.parametrize("why", ["disabled", "pending", "administrator", "no longer owner", "wants none"])
def test_nobody_else_is_told(mailing: MailServer, room: Room, recording: Recording, why: str):
    other = own(room, make_user("walburga", pending=why == "pending"))
    access = db.session.scalars(sa.select(Access).where(Access.user_id == other.id)).one()
    if why == "disabled":
        other.disabled_at = utcnow()
    if why == "administrator":
        access.role = Role.ADMINISTRATOR
    if why == "no longer owner":
        access.revoked_at = utcnow()
    if why == "wants none":
        db.session.add(MailChoice(user_id=other.id, topic="recordings"))
    db.session.commit()
    save(recording)
    work_off()
    assert mailing.recipients == [OWNER]
    assert len(sent_mails()) == 1


@pytest.mark.parametrize("why", ["disabled", "no longer owner", "turned_off", "deleting", "expired"])
def test_whether_somebody_is_told_is_asked_again_when_the_mail_goes(
    mailing: MailServer, recording: Recording, why: str
):
    owner = persona("owner")
    save(recording)
    if why == "disabled":
        owner.disabled_at = utcnow()
    if why == "no longer owner":
        db.session.execute(sa.update(Access).where(Access.user_id == owner.id).values(revoked_at=utcnow()))
    if why == "turned_off":
        db.session.add(MailChoice(user_id=owner.id, topic="recordings"))
    if why == "deleting":
        recording.deleting_at = utcnow()
    if why == "expired":
        recording.expires_at = utcnow() - timedelta(seconds=1)
    work_off()
    assert mailing.recipients == []
    assert [state for state, _why in states()] == ["withdrawn"]


def test_one_of_three_whom_the_server_refuses_keeps_no_other_from_their_mail(
    mailing: MailServer, room: Room, recording: Recording
):
    own(room)
    own(room, "member_of_none")
    mailing.refused[SECOND] = "550 5.1.1 <stranger@frontdesk.example> unknown"
    save(recording)
    work_off()
    later()
    assert mailing.recipients == ["member_of_none@frontdesk.example", OWNER]
    assert sorted(states()) == [("refused", "address_refused"), ("sent", ""), ("sent", "")]
    assert mailing.asked.count("RCPT") == 3, "what is refused for good is not tried again"


def test_a_recording_that_is_to_be_deleted_is_not_announced(mailing: MailServer, recording: Recording):
    recording.deleting_at = utcnow()
    save(recording)
    work_off()
    assert (mailing.recipients, sent_mails()) == ([], [])


def test_without_a_mail_server_nothing_is_planned_and_the_page_says_why(
    client_as: ClientAs, recording: Recording, room: Room
):
    save(recording)
    assert sent_mails() == []
    page = client_as("owner").get(f"/recordings/{recording.id}/").text
    assert "Mail isn't set up here" in page and 'disabled aria-describedby="mails-why"' in page
    late = client_as("owner").post(f"/recordings/{recording.id}/mails", data={"owner": str(persona("owner").id)})
    assert late.status_code == 409 and sent_mails() == []


def test_the_page_shows_hosts_what_each_owner_got(
    client_as: ClientAs, mailing: MailServer, room: Room, recording: Recording
):
    own(room)
    mailing.refused[SECOND] = "550 no"
    recording.retention_days = 90
    save(recording)
    page = f"/recordings/{recording.id}/"
    assert 'hx-trigger="every 5s"' in client_as("owner").get(page).text
    work_off()
    for who in ("owner", "administrator", "admin"):
        text = client_as(who).get(page).text
        assert "Owner Person" in text and "Stranger Person" in text, who
        assert "Sent " in text and "Not delivered" in text and "refuses the address" in text
        assert SECOND not in text and "Reminders" in text
        assert 'hx-trigger="every 5s"' not in text, "nothing moves any more"
    assert client_as("support").get(page).status_code == 404
    assert "Owner Person" not in client_as("member").get(page).text


def test_an_owner_lets_a_mail_that_went_or_failed_be_sent_again_and_the_trail_says_so(
    client_as: ClientAs, mailing: MailServer, room: Room, recording: Recording
):
    other = own(room)
    mailing.refused[SECOND] = "550 no"
    save(recording)
    work_off()
    mailing.heal()
    url = f"/recordings/{recording.id}/mails"
    answer = client_as("owner").post(url, data={"owner": str(other.id)}, headers=SWAP)
    assert answer.status_code == 200 and 'id="recording-mails"' in answer.text and "<html" not in answer.text
    work_off()
    assert mailing.recipients == [OWNER, SECOND]
    (entry,) = trail("recording.resend_mail")
    assert (entry.details, entry.room_id) == ({"person": str(other.id)}, room.id)
    soon = client_as("owner").post(url, data={"owner": str(other.id)})
    assert soon.status_code == 409 and "a few minutes ago" in soon.text
    db.session.execute(sa.update(Mail).values(ended_at=utcnow() - timedelta(minutes=6)))
    assert client_as("administrator").post(url, data={"owner": str(other.id)}).status_code == 303
    work_off()
    assert mailing.recipients == [OWNER, SECOND, SECOND]
    first, again = (mail["Message-ID"] for to, mail in mailing.taken if to == SECOND)
    assert first != again, "a server that knows the first would hide the second"


@pytest.mark.parametrize(("owner", "status"), [("", 422), ("x", 422), ("stranger", 409), ("member", 409)])
def test_nobody_but_an_owner_can_be_sent_one(
    client_as: ClientAs, mailing: MailServer, recording: Recording, owner: str, status: int
):
    save(recording)
    work_off()
    whom = owner if len(owner) < 2 else str(persona(owner).id)
    answer = client_as("owner").post(f"/recordings/{recording.id}/mails", data={"owner": whom})
    assert answer.status_code == status
    assert client_as("member").post(f"/recordings/{recording.id}/mails", data={"owner": whom}).status_code == 403
    work_off()
    assert mailing.recipients == [OWNER]


def test_an_owner_who_wants_none_is_not_written_to_by_another_s_button(
    client_as: ClientAs, mailing: MailServer, room: Room, recording: Recording
):
    other = own(room)
    db.session.add(MailChoice(user_id=other.id, topic="recordings"))
    save(recording)
    work_off()
    assert "Turned off" in client_as("owner").get(f"/recordings/{recording.id}/").text
    refused = client_as("owner").post(f"/recordings/{recording.id}/mails", data={"owner": str(other.id)})
    assert refused.status_code == 409 and "turned these mails off" in refused.text


def test_a_recording_of_sound_alone_is_listened_to(mailing: MailServer, recording: Recording):
    recording.mode = Mode.AUDIO
    save(recording)
    work_off()
    assert "Listen to the recording" in part(mailing.mail_to(OWNER), "plain")


def test_what_is_meant_for_a_transcriber_is_not_called_something_to_open(mailing: MailServer, recording: Recording):
    recording.mode, recording.retention_days = Mode.TRANSCRIPT, 90
    save(recording, datetime(2030, 11, 12, 14, 12, tzinfo=UTC))
    work_off()
    mail = mailing.mail_to(OWNER)
    for kind in ("plain", "html"):
        words = part(mail, kind).replace("&#39;", "'")
        assert "Your recording is saved" in words and "Mon 10 Feb 2031, 15:12" in words
        assert "See the recording" in words and "No one: it's audio for a transcript." in words
        for promised in ("Opens until", "can't be opened", "ready", "Watch the", "Listen", "remind"):
            assert promised not in words, promised


@pytest.mark.parametrize("may", [True, False])
def test_the_mail_names_members_among_those_who_can_watch_where_they_may(
    mailing: MailServer, room: Room, recording: Recording, may: bool
):
    room.members_may_watch = may
    save(recording)
    work_off()
    words = part(mailing.mail_to(OWNER), "plain")
    assert ("Owners, administrators and members of the room" in words) is may
    assert ("Owners and administrators of the room" in words) is not may
