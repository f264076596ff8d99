"""An admin has somebody forgotten: nothing kept says who they were, and what they did goes on to have a doer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.factories import make_room, stored, trail
from tests.support.mails import sent_mails, work_off
from tests.support.personas import Browser, browser, make_user, persona
from tests.support.reviews import start_review, stored_campaign
from webapp.access import queries as access_queries
from webapp.access import service as access
from webapp.accounts import queries, sessions
from webapp.accounts import service as accounts
from webapp.accounts.identity import Identity
from webapp.accounts.models import AccountChange, Staff, User
from webapp.audit import Actor, sealing, verifying
from webapp.core.db import db, new_id, utcnow
from webapp.invitations import service as invitations
from webapp.invitations.models import Invitation, Invitee
from webapp.invitations.service import Meeting
from webapp.lobby import service as lobby
from webapp.lobby.models import Entry
from webapp.lobby.sources import Source
from webapp.mails import service as mails
from webapp.mails.models import MailChoice, MailState
from webapp.models import metadata
from webapp.reviews import evidence
from webapp.reviews import service as reviews
from webapp.reviews.models import CampaignPerson, CampaignState
from webapp.rooms.models import Access, AccessLevel, Role, Room

ClientAs = Callable[[str], Browser]
EMAIL = "anouk@frontdesk.example"
TRACES = ("anouk", "sub-anouk", "198.51.100.77", "canary-browser", "canary-id-token", "canary-message", "canary-sid")


def anouk() -> User:
    return make_user("anouk", staff=Staff.SUPPORT)


def forget(client: Browser, person: User, **data: str) -> TestResponse:
    """Send the confirmation as it should be typed, or with other values."""
    typed = {"email": person.email, "reason": "asked for it by letter", "seen": "0"} | data
    return client.post(f"/people/{person.id}/forget", data=typed)


def wait(person: User, room: Room) -> None:
    """Let them wait in the room's lobby."""
    room.remember_role(person, None)
    lobby.ask(room, "Anouk P.", person, Source("", ""))


def everything_stored() -> str:
    """All rows of all tables as text."""
    db.session.rollback()
    rows = [str(row) for table in metadata.sorted_tables for row in db.session.execute(sa.select(table))]
    db.session.commit()
    return "\n".join(rows).lower()


def leave_traces(person: User) -> None:
    """Everything that somebody leaves behind: sign-ins, roles, invitations both ways, a place in a lobby, mails."""
    sessions.start(
        person, browser="canary-browser", address="198.51.100.77", id_token="canary-id-token", sid="canary-sid"
    )
    actor = Actor.user(person, "198.51.100.77")
    own, host = make_room(person, name="Own room"), make_room("owner", name="Host's room")
    access.grant(own, actor=actor, email=persona("member").email, role=Role.OWNER)
    access.grant(host, actor=Actor.system(), email=EMAIL, role=Role.MEMBER)
    meeting = Meeting("en", "UTC", message="canary-message")
    invitations.send(own, new_id(), ["guest@elsewhere.example"], meeting, inviter=person, actor=actor)
    hosts = Actor.user(persona("owner"))
    invitations.send(host, new_id(), [EMAIL], Meeting("en", "UTC"), inviter=persona("owner"), actor=hosts)
    wait(person, make_room("owner", access_level=AccessLevel.RESTRICTED))
    mails.turn_off(person, "reminders", actor=actor)
    mails.post("access_ends", person.id, new_id())
    accounts.set_staff(person, Staff.ADMIN, actor=Actor.system())
    db.session.commit()


def test_after_it_no_table_says_who_it_was(client_as: ClientAs):
    person = anouk()
    leave_traces(person)
    before = everything_stored()
    assert all(trace in before for trace in TRACES), [trace for trace in TRACES if trace not in before]
    admin = client_as("admin")
    assert forget(admin, person).status_code == 303
    after = everything_stored()
    left = {trace: after[after.index(trace) - 200 : after.index(trace) + 100] for trace in TRACES if trace in after}
    assert left == {}


def test_what_they_did_stays_in_the_log_under_a_mark_that_names_nobody(client_as: ClientAs):
    person = anouk()
    room = make_room(person, name="Own room")
    access.grant(room, actor=Actor.user(person), email=persona("member").email, role=Role.OWNER)
    db.session.commit()
    admin = client_as("admin")
    forget(admin, person)
    mark = f"Forgotten person {person.id.hex[-6:].upper()}"
    activity = client_as("member").get(f"/rooms/{room.slug}/activity").text
    assert f"<b>{mark}</b>" in activity and "Anouk" not in activity
    page = admin.get(f"/people/{person.id}/").text
    assert "This person was forgotten." in page and "by Admin Person: “asked for it by letter”" in page and mark in page
    assert 'id="endings"' not in page and "/staff" not in page and "/export" not in page
    (entry,) = trail("user.forget")
    assert (entry.user_id, entry.details) == (persona("admin").id, {"person": str(person.id)})


def test_the_chain_over_the_log_still_holds(client_as: ClientAs):
    person = anouk()
    leave_traces(person)
    sealing.seal_all()
    forget(client_as("admin"), person)
    sealing.seal_all()
    assert verifying.look(lambda _checked, _total: None).problem == ""


def test_every_role_ends_and_the_rooms_say_so(client_as: ClientAs):
    person = anouk()
    rooms = [make_room(person), make_room("owner")]
    access.grant(rooms[1], actor=Actor.system(), email=EMAIL, role=Role.MEMBER)
    db.session.commit()
    forget(client_as("admin"), person, seen="1")
    for room in rooms:
        assert access_queries.of_user(stored(room), person) is None
        ended = db.session.scalars(
            sa.select(Access).where(Access.room_id == room.id, Access.user_id == person.id)
        ).one()
        assert ended.revoked_by_id == persona("admin").id
    assert {entry.room_id for entry in trail("access.revoke")} == {room.id for room in rooms}


def test_they_are_signed_out_and_nobody_signs_in_with_the_account_again(app: Flask, client_as: ClientAs):
    person, admin = anouk(), client_as("admin")
    here = browser(app, person)
    assert here.get("/account/").status_code == 200
    forget(admin, person)
    assert here.get("/account/").status_code == 302
    db.session.expire_all()
    assert (person.email, person.full_name, person.is_active, person.pending) == ("", "", False, False)
    assert admin.post(f"/people/{person.id}/enable").status_code == 409
    answer = admin.post("/people/find", data={"email": EMAIL})
    assert answer.status_code == 422 and "No one has this address" in answer.text
    assert queries.by_email("") == []


def test_whoever_comes_again_is_somebody_new_without_any_role(client_as: ClientAs):
    person = anouk()
    room = make_room("owner", member="member")
    access.grant(room, actor=Actor.system(), email=EMAIL, role=Role.ADMINISTRATOR)
    db.session.commit()
    forget(client_as("admin"), person)
    said = Identity(
        "sub-anouk", EMAIL, email_verified=True, full_name="Anouk P.", short_name="", staff=None, id_token=""
    )
    again = accounts.sign_in(said, address="", browser="")
    db.session.commit()
    assert again.user.id != person.id and again.first and not again.user.is_staff
    assert access_queries.of_user(stored(room), again.user) is None


def test_dated_rows_say_that_the_staff_role_ended(client_as: ClientAs):
    person = anouk()
    forget(client_as("admin"), person)
    change = db.session.scalars(sa.select(AccountChange).where(AccountChange.user_id == person.id)).one()
    said = (change.staff_before, change.staff_after, change.disabled_before, change.disabled_after)
    assert said == (Staff.SUPPORT, Staff.NONE, False, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": ""}, "Enter the address exactly as shown. Nothing was changed."),
        ({"email": "anouk@frontdesk.exampl"}, "Enter the address exactly as shown. Nothing was changed."),
        ({"reason": ""}, "Enter a reason: the log keeps it."),
    ],
)
def test_without_the_address_and_a_reason_nobody_is_forgotten(client_as: ClientAs, wrong: dict[str, str], said: str):
    person = anouk()
    answer = forget(client_as("admin"), person, **wrong)
    assert answer.status_code == 422 and said in answer.text
    db.session.expire_all()
    assert person.forgotten_at is None and trail("user.forget") == []


def test_rooms_left_without_an_able_owner_are_listed_before_and_counted_again(client_as: ClientAs):
    person, admin = anouk(), client_as("admin")
    room = make_room(person, name="Works council")
    zone = admin.get(f"/people/{person.id}/").text.split('id="forget"')[1].split("<summary")[0]
    assert "1 room has no other owner who can sign in." in zone and f"/rooms/{room.slug}/access/" in zone
    answer = forget(admin, person, seen="0")
    assert answer.status_code == 409 and "changed since you opened this page" in answer.text
    assert forget(admin, person, seen="1").status_code == 303


def test_nobody_forgets_themselves_and_a_second_time_changes_nothing(client_as: ClientAs):
    admin, person = client_as("admin"), anouk()
    assert forget(admin, persona("admin")).status_code == 409
    assert forget(admin, person).status_code == 303
    answer = forget(admin, person, email="")
    assert answer.status_code == 409 and "This person was forgotten." in answer.text
    assert len(trail("user.forget")) == 1


def test_a_disabled_or_a_pending_person_can_be_forgotten_too(client_as: ClientAs):
    admin = client_as("admin")
    pending, disabled = make_user("pending", pending=True), make_user("gone")
    accounts.disable(disabled, actor=Actor.system(), reason="left")
    db.session.commit()
    for person in (pending, disabled):
        assert forget(admin, person).status_code == 303
    page = admin.get("/people/?show=disabled").text
    assert "Forgotten person" not in page and "No matching people." in page


def test_invitations_to_the_address_are_gone_unless_it_is_somebody_elses_too(client_as: ClientAs):
    person, room, host = anouk(), make_room("owner"), persona("owner")
    invitations.send(room, new_id(), [EMAIL], Meeting("en", "UTC"), inviter=host, actor=Actor.user(host))
    twin = User(sub="sub-twin", email=EMAIL, full_name="Twin Person")
    db.session.add(twin)
    db.session.commit()
    admin = client_as("admin")
    forget(admin, person)
    assert [invitee.email for invitee in db.session.scalars(sa.select(Invitee))] == [EMAIL]
    forget(admin, twin)
    db.session.rollback()
    assert db.session.scalars(sa.select(Invitee)).all() == []
    assert [mail.state for mail in sent_mails()] == [MailState.WITHDRAWN]
    work_off()


def test_what_they_wrote_to_people_whom_they_invited_is_emptied_and_the_invitation_holds(client_as: ClientAs):
    person = anouk()
    leave_traces(person)
    forget(client_as("admin"), person)
    sent = db.session.scalars(sa.select(Invitation).where(Invitation.inviter_id == person.id)).one()
    assert sent.message == ""
    (invitee,) = db.session.scalars(sa.select(Invitee).where(Invitee.invitation_id == sent.id))
    assert (invitee.email, invitee.withdrawn_at) == ("guest@elsewhere.example", None)
    assert db.session.scalars(sa.select(MailChoice)).all() == []


def test_a_host_sees_at_once_that_the_guest_waits_no_more(client_as: ClientAs):
    person, room = anouk(), make_room("owner", access_level=AccessLevel.RESTRICTED)
    wait(person, room)
    db.session.commit()
    before = stored(room).queue_version
    forget(client_as("admin"), person)
    assert stored(room).queue_version > before
    assert db.session.scalars(sa.select(Entry)).all() == []


def test_the_evidence_of_a_review_that_is_over_is_built_anew_without_the_name(client_as: ClientAs):
    person, room = anouk(), make_room("owner")
    access.grant(room, actor=Actor.system(), email=EMAIL, role=Role.MEMBER)
    db.session.commit()
    campaign = start_review([room])
    reviews.end(campaign, actor=Actor.user(persona("admin")))
    for _round in range(3):
        work_off()
    closed = stored_campaign(campaign)
    assert closed.state is CampaignState.CLOSED and b"anouk" in b"".join(evidence.pack(closed))
    before = closed.evidence_sha256
    forget(client_as("admin"), person)
    work_off()
    closed = stored_campaign(campaign)
    assert closed.evidence_sha256 not in {"", before}
    packed = b"".join(evidence.pack(closed))
    assert b"anouk" not in packed.lower() and str(person.id).encode() in packed
    named = db.session.get_one(CampaignPerson, (campaign.id, person.id))
    assert (named.name, named.email) == ("", "")


def test_a_mail_that_waits_for_them_is_not_sent(client_as: ClientAs):
    person = anouk()
    mails.post("access_ends", person.id, new_id(), deadline=utcnow() + timedelta(days=7))
    db.session.commit()
    forget(client_as("admin"), person)
    assert [(mail.state, mail.problem) for mail in sent_mails()] == [(MailState.WITHDRAWN, "person_gone")]
