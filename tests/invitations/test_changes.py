"""What becomes of an invitation: sent again, moved, given a new PIN, withdrawn; people hear of it, calendars follow."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.plugins.mail_server import MailServer
from tests.support.factories import stored, trail
from tests.support.invitations import ANN, BOB, calendar_of, invitations_url, invited
from tests.support.mails import later, part, states, work_off
from tests.support.personas import SWAP, Browser, make_user, persona
from webapp.access import queries as access_queries
from webapp.access import service as access_service
from webapp.access.telling import Gesture
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.filters import grouped
from webapp.invitations import jobs
from webapp.invitations.models import Invitation, InvitationMail
from webapp.mails.models import Mail, MailState
from webapp.rooms.models import Role, Room

ClientAs = Callable[[str], Browser]
Form = Callable[..., dict[str, Any]]


def invite(client_as: ClientAs, room: Room, form: dict[str, Any]) -> None:
    assert client_as("owner").post(invitations_url(room), data=form).status_code == 303
    work_off()


def old_mails() -> None:
    """As if they had gone a while ago."""
    db.session.execute(sa.update(Mail).values(ended_at=utcnow() - timedelta(hours=1)))
    db.session.commit()


def give_and_take(room: Room, email: str) -> None:
    """A role in the room, for a moment, of which nobody was told."""
    owner, quiet = Actor.user(persona("owner")), Gesture(quiet=True)
    access = access_service.grant(stored(room), actor=owner, email=email, role=Role.MEMBER, gesture=quiet)
    access_service.revoke(room, access, actor=owner, gesture=quiet)
    db.session.commit()


def rotate(client_as: ClientAs, room: Room, overlap: int = 5) -> None:
    answer = client_as("owner").post(f"/rooms/{room.slug}/pin", data={"overlap": overlap, "reason": ""})
    assert answer.status_code == 303


def test_a_moved_meeting_is_told_to_all_with_the_same_uid_and_a_higher_sequence(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, tomorrow: datetime
):
    invite(client_as, room, form(ANN, BOB, at=("14:00", "15:00")))
    first, _method = calendar_of(mailing.mail_to(ANN))
    mailing.taken.clear()
    (key,) = {each.invitation_id for each in invited()}
    page = invitations_url(room, f"{key}/time")
    assert ANN in client_as("owner").get(page).text
    moved = {"day": f"{tomorrow:%Y-%m-%d}", "begins": "16:00", "ends": "17:00"}
    assert client_as("administrator").post(page, data=moved).status_code == 303
    work_off()
    assert mailing.recipients == [ANN, BOB]
    event, method = calendar_of(mailing.mail_to(ANN))
    assert (method, event["SEQUENCE"], event["UID"]) == ("REQUEST", 1, first["UID"])
    assert event["DTSTART"].dt - first["DTSTART"].dt == timedelta(hours=2)
    assert mailing.mail_to(BOB)["Subject"].startswith("Changed: Housing committee")
    assert client_as("owner").post(page, data=moved).status_code == 303
    assert [entry.details["count"] for entry in trail("invitation.change")] == [2]


def test_withdrawing_cancels_the_date_and_a_mail_that_waits_never_goes(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN, at=("14:00", "15:00")))
    mailing.taken.clear()
    mailing.said["MAIL"] = "421 closing"
    invite(client_as, room, form(BOB, at=("14:00", "15:00")))
    mailing.heal()
    for invitee in invited():
        way = invitations_url(room, f"{invitee.id}/withdraw")
        assert client_as("owner").post(way, headers=SWAP).status_code == 200
        client_as("owner").post(way)
    later()
    assert mailing.recipients == [ANN]
    event, method = calendar_of(mailing.mail_to(ANN))
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert "PIN" not in part(mailing.mail_to(ANN), "plain")
    assert len(trail("invitation.withdraw")) == 2
    page = client_as("owner").get(invitations_url(room)).text
    assert ANN not in page and ANN in client_as("owner").get(invitations_url(room, "?show=withdrawn")).text


def test_without_a_date_a_withdrawn_invitation_sends_nothing_more(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN))
    (invitee,) = invited()
    client_as("owner").post(invitations_url(room, f"{invitee.id}/withdraw"))
    later()
    assert len(mailing.taken) == 1
    assert client_as("owner").post(invitations_url(room, f"{invitee.id}/resend")).status_code == 409


def test_one_is_sent_again_after_a_while_and_not_while_it_is_on_its_way(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN))
    (invitee,) = invited()
    again = invitations_url(room, f"{invitee.id}/resend")
    assert client_as("owner").post(again).status_code == 409
    old_mails()
    assert client_as("administrator").post(again).status_code == 303
    work_off()
    assert mailing.recipients == [ANN, ANN] and len(trail("invitation.resend")) == 1


def test_after_a_new_pin_the_host_is_offered_to_tell_those_who_have_the_old_one(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN, BOB, at=("14:00", "15:00")))
    assert "The PIN has changed." not in client_as("owner").get(f"/rooms/{room.slug}/").text
    mailing.taken.clear()
    rotate(client_as, room)
    page = client_as("owner").get(f"/rooms/{room.slug}/").text
    assert "The PIN has changed." in page and page.count("checked") >= 2
    ann, _bob = invited()
    answer = client_as("owner").post(invitations_url(room, "new-pin"), data={"invitees": [str(ann.id)]})
    assert answer.status_code == 303
    work_off()
    assert mailing.recipients == [ANN]
    event, _method = calendar_of(mailing.mail_to(ANN))
    assert event["SEQUENCE"] == 1
    assert grouped(stored(room).pin or "") in part(mailing.mail_to(ANN), "plain")
    left = client_as("owner").get(f"/rooms/{room.slug}/").text
    assert "1 person still has the old one" in left
    assert client_as("owner").post(invitations_url(room, "new-pin")).status_code == 422


def test_after_a_leak_nobody_is_chosen_beforehand(client_as: ClientAs, room: Room, form: Form):
    invite(client_as, room, form(ANN))
    rotate(client_as, room, overlap=0)
    page = client_as("owner").get(invitations_url(room)).text
    assert 'name="invitees"' in page and "checked" not in page and "because it leaked" in page


def test_a_new_pin_reaches_nobody_whom_no_host_chose(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, tomorrow: datetime
):
    invite(client_as, room, form(ANN, BOB, at=("14:00", "15:00")))
    mailing.said["MAIL"] = "421 closing"
    invite(client_as, room, form("cy@guests.example", at=("14:00", "15:00")))
    mailing.heal()
    rotate(client_as, room, overlap=0)
    ann = next(each for each in invited() if each.email == ANN)
    client_as("owner").post(invitations_url(room, "new-pin"), data={"invitees": [str(ann.id)]})
    mailing.taken.clear()
    later()
    moved = {"day": f"{tomorrow:%Y-%m-%d}", "begins": "16:00", "ends": "17:00"}
    client_as("owner").post(invitations_url(room, f"{ann.invitation_id}/time"), data=moved)
    later()
    pin = grouped(stored(room).pin or "")
    told = {to for to, mail in mailing.taken if pin in part(mail, "plain") or pin in str(calendar_of(mail)[0])}
    assert set(mailing.recipients) == {ANN, BOB, "cy@guests.example"} and told == {ANN}


def test_who_is_about_to_get_the_new_pin_is_offered_no_second_mail(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN))
    rotate(client_as, room)
    (ann,) = invited()
    for _ in range(2):
        answer = client_as("owner").post(invitations_url(room, "new-pin"), data={"invitees": [str(ann.id)]})
        assert "The PIN has changed." not in answer.text
    work_off()
    assert len(mailing.taken) == 2
    mailing.refused[BOB] = "550 no such mailbox"
    invite(client_as, room, form(BOB))
    assert "The PIN has changed." not in client_as("owner").get(invitations_url(room)).text


def test_a_room_that_is_deleted_cancels_its_dates_also_after_a_while(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(ANN, at=("14:00", "15:00")))
    mailing.taken.clear()
    mailing.said["MAIL"] = "421 closing"
    room = stored(room)
    assert client_as("owner").post(f"/rooms/{room.slug}/delete", data={"seen": room.version}).status_code == 303
    work_off()
    work_off()
    mailing.heal()
    later()
    assert mailing.recipients == [ANN] and calendar_of(mailing.mail_to(ANN))[1] == "CANCEL"


def test_a_mail_does_not_overtake_the_one_before_it(client_as: ClientAs, room: Room, mailing: MailServer, form: Form):
    invite(client_as, room, form(ANN, at=("14:00", "15:00")))
    (ann,) = invited()
    db.session.execute(sa.update(Mail).values(state=MailState.SENDING, tried_at=utcnow(), ended_at=None))
    db.session.commit()
    client_as("owner").post(invitations_url(room, f"{ann.id}/withdraw"))
    work_off()
    assert states()[-1] == ("waiting", "after_another") and len(mailing.taken) == 1


def test_what_replaces_a_mail_that_never_went_is_an_invitation(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, tomorrow: datetime
):
    mailing.said["MAIL"] = "421 closing"
    invite(client_as, room, form(ANN, at=("14:00", "15:00")))
    mailing.heal()
    moved = {"day": f"{tomorrow:%Y-%m-%d}", "begins": "23:30", "ends": "00:30"}
    page = invitations_url(room, f"{invited()[0].invitation_id}/time")
    assert client_as("owner").post(page, data=moved).status_code == 303
    later()
    assert states() == [("withdrawn", "replaced"), ("sent", "")]
    assert mailing.mail_to(ANN)["Subject"].startswith("Invitation:")
    event, _method = calendar_of(mailing.mail_to(ANN))
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)
    assert 'value="23:30"' in client_as("owner").get(page).text


def test_what_a_host_does_goes_out_in_that_hosts_name(client_as: ClientAs, room: Room, mailing: MailServer, form: Form):
    invite(client_as, room, form(ANN, at=("14:00", "15:00")))
    mailing.taken.clear()
    client_as("administrator").post(invitations_url(room, f"{invited()[0].id}/withdraw"))
    work_off()
    mail, host = mailing.mail_to(ANN), persona("administrator")
    assert mail["Reply-To"] == host.email and host.full_name in mail["From"]
    assert f"{host.full_name} withdrew" in part(mail, "plain")


def test_the_full_list_stays_where_the_reader_is_in_it(client_as: ClientAs, room: Room, form: Form):
    invite(client_as, room, form(ANN, BOB))
    bob = next(each for each in invited() if each.email == BOB)
    swapped = client_as("owner").post(invitations_url(room, f"{bob.id}/withdraw?whole=1&older=x"), headers=SWAP)
    assert "Open invitations" in swapped.text and "older=x" in swapped.text
    went = client_as("owner").post(invitations_url(room, f"{bob.id}/withdraw?whole=1&show=withdrawn"))
    assert went.location.endswith("/invitations/?show=withdrawn")


def test_who_was_removed_or_disabled_since_or_withdrawn_is_told_no_new_pin(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    removed, disabled = make_user("removed"), make_user("disabled")
    invite(client_as, room, form(removed.email, disabled.email, ANN, BOB))
    give_and_take(room, removed.email)
    disabled.disabled_at = utcnow()
    db.session.commit()
    (bob,) = [each for each in invited() if each.email == BOB]
    client_as("owner").post(invitations_url(room, f"{bob.id}/withdraw"))
    mailing.taken.clear()
    rotate(client_as, room)
    everybody = {"invitees": [str(each.id) for each in invited()]}
    client_as("owner").post(invitations_url(room, "new-pin"), data=everybody)
    work_off()
    assert mailing.recipients == [ANN]


def test_a_mail_on_its_way_to_somebody_who_was_removed_does_not_go(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    removed = make_user("removed")
    mailing.said["MAIL"] = "421 closing"
    invite(client_as, room, form(removed.email))
    give_and_take(room, removed.email)
    mailing.heal()
    later()
    assert mailing.taken == [] and states() == [("withdrawn", "not_wanted")]


@pytest.mark.parametrize("known", [True, False])
def test_a_role_is_theirs_once_they_sign_in_and_until_then_nobody_sees_who_has_an_account(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, known: bool, sign_in: Callable[..., Any]
):
    if known:
        persona("stranger")
    email = "stranger@frontdesk.example"
    db.session.commit()
    invite(client_as, room, form(email, role="member"))
    assert len(access_queries.people(stored(room))) == 3
    for page in (invitations_url(room), f"/rooms/{room.slug}/", f"/rooms/{room.slug}/access/"):
        assert "Stranger" not in client_as("owner").get(page).text
    sign_in("stranger")
    (access,) = [each for each in access_queries.people(stored(room)) if each.user.email == email]
    assert (access.role, access.granted_by_id) == (Role.MEMBER, persona("owner").id)
    assert len(trail("access.accept")) == 1 and invited()[0].accepted_at is not None


def test_somebody_signed_in_already_has_the_role_when_they_open_the_link(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    stranger = persona("stranger")
    invite(client_as, room, form(stranger.email, role="member"))
    answer = client_as("stranger").get(f"/join/{room.slug}")
    assert answer.status_code == 303 and "/wait" not in answer.location
    assert access_queries.of_user(stored(room), stranger) is not None


def test_whoever_accepted_keeps_the_role_when_the_invitation_is_withdrawn_and_the_list_says_so(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    stranger = persona("stranger")
    invite(client_as, room, form(stranger.email, role="member"))
    client_as("stranger").get(f"/join/{room.slug}")
    owner = client_as("owner")
    owner.post(invitations_url(room, f"{invited()[0].id}/withdraw"))
    assert access_queries.of_user(stored(room), stranger) is not None
    assert "They keep their role." in owner.get(invitations_url(room, "?show=withdrawn")).text


def test_without_a_role_invited_people_wait_like_everybody(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    invite(client_as, room, form(persona("stranger").email))
    assert client_as("stranger").get(f"/join/{room.slug}").status_code == 200
    assert access_queries.of_user(stored(room), persona("stranger")) is None


@pytest.mark.parametrize("ends", ["withdrawn", "old", "inviter removed", "inviter disabled", "removed since"])
def test_a_role_that_waits_ends_with_its_reason(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, ends: str
):
    stranger, inviter = persona("stranger"), persona("administrator")
    client_as("administrator").post(invitations_url(room), data=form(stranger.email, role="member"))
    if ends == "withdrawn":
        client_as("owner").post(invitations_url(room, f"{invited()[0].id}/withdraw"))
    elif ends == "old":
        db.session.execute(sa.update(Invitation).values(created_at=utcnow() - timedelta(days=31)))
    elif ends == "inviter disabled":
        inviter.disabled_at = utcnow()
    elif ends == "inviter removed":
        access = access_queries.of_user(room, inviter)
        assert access is not None
        access_service.revoke(room, access, actor=Actor.user(persona("owner")))
    else:
        give_and_take(room, stranger.email)
    db.session.commit()
    client_as("stranger").get(f"/join/{room.slug}")
    assert access_queries.of_user(stored(room), stranger) is None


def test_a_role_that_one_has_stays_whatever_comes_with_an_invitation(client_as: ClientAs, room: Room, form: Form):
    invite(client_as, room, form(persona("administrator").email, role="member"))
    client_as("administrator").get(f"/join/{room.slug}")
    access = access_queries.of_user(stored(room), persona("administrator"))
    assert access is not None and access.role is Role.ADMINISTRATOR


def test_what_was_stopped_without_an_account_holds_after_the_first_sign_in(
    client: Browser, client_as: ClientAs, room: Room, mailing: MailServer, form: Form, sign_in: Callable[..., Any]
):
    invite(client_as, room, form("stranger@frontdesk.example"))
    (_to, mail) = mailing.taken.pop()
    client.post(mail["List-Unsubscribe"].strip("<>").partition("desk.frontdesk.example")[2])
    sign_in("stranger")
    invite(client_as, room, form("stranger@frontdesk.example"))
    assert mailing.taken == []


def test_invitations_of_long_ago_are_forgotten_with_their_addresses(client_as: ClientAs, room: Room, form: Form):
    invite(client_as, room, form(ANN))
    invite(client_as, room, form(BOB, at=("14:00", "15:00")))
    old = utcnow() - timedelta(days=181)
    db.session.execute(sa.update(Invitation).values(created_at=old))
    db.session.commit()
    jobs.purge()
    assert [each.email for each in invited()] == [BOB]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InvitationMail)) == 1
