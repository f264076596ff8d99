"""Whoever's role it is, and the room's owners, are told by mail when it changes: each once, and only of what holds."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.plugins.queries import Counted
from tests.support.access_lists import open_row, roles, row_url, url
from tests.support.factories import make_room, stored
from tests.support.mails import later, links, part, sent_mails, states
from tests.support.personas import SWAP, Browser, browser, make_user, persona
from webapp.access import service
from webapp.access.telling import Gesture
from webapp.accounts import service as accounts
from webapp.accounts.identity import Identity
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.invitations import service as invitations
from webapp.mails.models import Mail, MailChoice
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]
NEW = "new@tenants.example"
OWNER, ADMINISTRATOR, MEMBER, STRANGER = (
    f"{who}@frontdesk.example" for who in ("owner", "administrator", "member", "stranger")
)


@pytest.fixture
def second_owner(room: Room, mailing: MailServer) -> User:
    """Somebody who owns the personas' room, too; mail is set up."""
    other = make_user("second")
    grant(room, other.email, Role.OWNER)
    return other


def grant(room: Room, email: str, role: Role) -> None:
    """Somebody has a role, of which nobody was told."""
    service.grant(room, actor=Actor.system(), email=email, role=role, gesture=Gesture(quiet=True))
    db.session.commit()


def subjects(mailing: MailServer) -> dict[str, str]:
    """What each who got one mail was told."""
    later()
    assert len({to for to, _mail in mailing.taken}) == len(mailing.taken), "nobody gets two"
    return {to: str(mail["Subject"]) for to, mail in mailing.taken}


def text(mail: EmailMessage) -> str:
    """What it says, in one line."""
    return " ".join(part(mail, "plain").split())


def sign_in(email: str) -> User:
    """Somebody comes from the provider for the first time."""
    names = {"full_name": "Noor van Eyck", "short_name": "Noor"}
    told = Identity(sub=f"sub-{email}", email=email, email_verified=True, staff=None, id_token="", **names)
    user = accounts.sign_in(told, address="", browser="").user
    service.take_over_pending(user)
    invitations.welcome(user)
    db.session.commit()
    return user


def test_who_is_given_a_role_and_the_other_owners_are_told_and_whoever_gave_it_is_not(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    client_as("owner").post(url(room), data={"email": persona("stranger").email, "role": "member"})
    assert subjects(mailing) == {
        STRANGER: "You have access to Housing committee",
        second_owner.email: "Owner Person gave Stranger Person access to Housing committee",
    }
    mail = mailing.mail_to(STRANGER)
    assert "Owner Person gave you the role member." in text(mail) and "Role: Member Members join without" in text(mail)
    assert f"/rooms/{room.slug}/" in urlsplit(links(mail)[0]).path
    assert urlsplit(links(mailing.mail_to(second_owner.email))[0]).path == url(room)


def test_whose_role_was_changed_reads_the_new_one_and_the_old_one(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    client_as("owner").post(row_url(room, "member"), data={"role": "administrator"})
    assert subjects(mailing) == {
        MEMBER: "Your role in Housing committee has changed",
        second_owner.email: "Owner Person changed the role of Member Person in Housing committee",
    }
    mine, theirs = text(mailing.mail_to(MEMBER)), text(mailing.mail_to(second_owner.email))
    assert "Your role in Housing committee is now administrator" in mine
    assert "Owner Person changed it. It was member before." in mine and "Administrators admit guests" in mine
    assert "Role: Administrator" in theirs and "Previous role: Member" in theirs


def test_who_was_removed_is_told_without_a_link_to_the_room(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    client_as("administrator").post(row_url(room, "member", "/revoke"))
    told = "Administrator Person removed Member Person from Housing committee"
    assert subjects(mailing) == {
        MEMBER: "You no longer have access to Housing committee", OWNER: told, second_owner.email: told
    }  # fmt: skip
    mail = mailing.mail_to(MEMBER)
    assert "Administrator Person removed you." in text(mail) and "Previous role: Member" in text(mail)
    assert room.slug not in part(mail, "html") + part(mail, "plain")


def test_of_a_person_who_leaves_the_owners_are_told_alone(client_as: As, room: Room, mailing: MailServer):
    client_as("member").post(url(room, "leave"))
    assert subjects(mailing) == {OWNER: "Member Person left Housing committee"}


def test_who_steps_down_is_not_told_of_it_and_the_other_owner_is(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    client_as("owner").post(row_url(room, "owner"), data={"role": "member"})
    assert subjects(mailing) == {second_owner.email: "Owner Person changed their own role in Housing committee"}


def test_somebody_who_never_signed_in_is_told_to_do_so_and_owners_read_no_address(
    client_as: As, room: Room, mailing: MailServer
):
    client_as("administrator").post(url(room), data={"email": NEW, "role": "administrator"})
    later()
    assert mailing.recipients == [NEW, OWNER]
    assert "Sign in with the e-mail address that got this mail." in text(mailing.mail_to(NEW))
    told = mailing.mail_to(OWNER)
    assert str(told["Subject"]).startswith("Administrator Person gave someone who hasn't signed in yet access to")
    assert all(mail.user_id is None or mail.user_id == persona("owner").id for mail in sent_mails())


def test_somebody_who_never_signed_in_hears_of_each_change_and_of_the_end(
    client_as: As, room: Room, mailing: MailServer
):
    owner = client_as("owner")
    for deed in ({"email": NEW, "role": "member"}, {"role": "administrator"}, None):
        row = open_row(room, db.session.query(User).filter_by(email=NEW).one()) if len(mailing.taken) else None
        where = url(room, str(row.id) if row else "")
        owner.post(f"{where}/revoke" if deed is None else where, data=deed)
        later()
    said = [str(mail["Subject"]) for to, mail in mailing.taken if to == NEW]
    assert [line.partition(" Housing")[0] for line in said] == [
        "You have access to", "Your role in", "You no longer have access to"
    ]  # fmt: skip


def test_the_link_in_a_mail_to_somebody_without_an_account_stops_them_and_goes_on_doing_so(
    app: Flask, client_as: As, room: Room, mailing: MailServer
):
    client_as("owner").post(url(room), data={"email": NEW, "role": "member"})
    later()
    mail = mailing.mail_to(NEW)
    off = mail["List-Unsubscribe"].strip("<>")
    assert off in links(mail) and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    program = browser(app)
    program.csrf = False
    assert program.post(urlsplit(off).path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    other = make_room("owner", name="Works council")
    client_as("owner").post(url(other), data={"email": NEW, "role": "member"})
    later()
    assert len(mailing.taken) == 1 and states()[-1] == ("withdrawn", "turned_off")
    user = sign_in(NEW)
    assert {choice.topic for choice in db.session.query(MailChoice).filter_by(user_id=user.id)} == {"roles"}


def test_what_was_stopped_before_stays_so_for_the_account_that_takes_the_address(room: Room, mailing: MailServer):
    user = make_user("noor")
    pending = make_user("noor-to-be", pending=True)
    db.session.add(MailChoice(user_id=pending.id, topic="roles"))
    user.email = pending.email
    db.session.commit()
    service.take_over_pending(user)
    db.session.commit()
    assert [choice.user_id for choice in db.session.query(MailChoice)] == [user.id]


def test_who_signs_in_before_the_mail_goes_gets_it_as_the_account_it_is(room: Room, mailing: MailServer):
    service.grant(room, actor=Actor.user(persona("owner")), email=NEW, role=Role.MEMBER)
    sign_in(NEW)
    later()
    assert "Opens after you sign in." in text(mailing.mail_to(NEW))


def test_a_role_that_rises_by_what_waited_for_the_address_is_told(room: Room, mailing: MailServer):
    grant(room, NEW, Role.OWNER)
    member = persona("member")
    member.email = NEW
    db.session.commit()
    service.take_over_pending(member)
    db.session.commit()
    assert subjects(mailing) == {NEW: "Your role in Housing committee has changed"}
    assert "is now owner" in text(mailing.mail_to(NEW)) and "It was member before." in text(mailing.mail_to(NEW))


def test_whoever_is_disabled_gets_none(client_as: As, room: Room, second_owner: User, mailing: MailServer):
    for person in (persona("member"), second_owner):
        accounts.disable(person, actor=Actor.system())
    db.session.commit()
    client_as("owner").post(row_url(room, "member", "/revoke"))
    assert (subjects(mailing), states()) == ({}, [])


def test_whoever_turned_the_topic_off_gets_none(client_as: As, room: Room, second_owner: User, mailing: MailServer):
    for person in (persona("member"), second_owner):
        db.session.add(MailChoice(user_id=person.id, topic="roles"))
    client_as("owner").post(row_url(room, "member"), data={"role": "administrator"})
    assert (subjects(mailing), states()) == ({}, [("withdrawn", "turned_off")])


def test_an_owner_to_be_who_has_not_signed_in_is_not_told_as_an_owner(client_as: As, room: Room, mailing: MailServer):
    grant(room, NEW, Role.OWNER)
    client_as("owner").post(row_url(room, "member", "/revoke"))
    assert list(subjects(mailing)) == [MEMBER]


@pytest.mark.parametrize("verb", ["", "/revoke"])
def test_what_was_changed_again_before_the_mail_went_is_told_as_it_is(
    client_as: As, room: Room, second_owner: User, mailing: MailServer, verb: str
):
    client_as("owner").post(url(room), data={"email": persona("stranger").email, "role": "member"})
    client_as("owner").post(row_url(room, "stranger", verb), data={"role": "administrator"})
    told = subjects(mailing)
    assert sorted(told) == [second_owner.email, STRANGER]
    words = "You no longer have access" if verb else "You have access"  # nobody told of a role that was changed
    assert words in told[STRANGER] and ("gave" in told[second_owner.email]) is (verb == "")
    assert sorted(states())[-2:] == [("withdrawn", "changed")] * 2


def test_of_several_changes_within_seconds_one_mail_tells_from_what_to_what(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    owner = client_as("owner")
    for role in ("administrator", "owner"):
        owner.post(row_url(room, "member"), data={"role": role})
    assert sorted(subjects(mailing)) == sorted([MEMBER, second_owner.email])
    mine, theirs = text(mailing.mail_to(MEMBER)), text(mailing.mail_to(second_owner.email))
    assert "is now owner" in mine and "It was member before." in mine and "administrator before" not in mine
    assert "Role: Owner" in theirs and "Previous role: Member" in theirs


def test_a_change_that_was_told_is_where_the_next_mail_begins(client_as: As, room: Room, mailing: MailServer):
    owner = client_as("owner")
    owner.post(row_url(room, "member"), data={"role": "administrator"})
    later()
    mailing.taken.clear()
    for role in ("owner", "member"):
        owner.post(row_url(room, "member"), data={"role": role})
    assert list(subjects(mailing)) == [MEMBER]
    assert "is now member" in text(mailing.mail_to(MEMBER))
    assert "It was administrator before." in text(mailing.mail_to(MEMBER))


def test_changes_that_lead_back_to_where_they_began_are_told_to_nobody(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    for role in ("administrator", "member"):
        client_as("owner").post(row_url(room, "member"), data={"role": role})
    assert (subjects(mailing), set(states())) == ({}, {("withdrawn", "changed")})


def test_a_role_given_anew_makes_the_mail_of_its_end_needless(client_as: As, room: Room, mailing: MailServer):
    client_as("owner").post(row_url(room, "member", "/revoke"))
    client_as("owner").post(url(room), data={"email": persona("member").email, "role": "member"})
    assert subjects(mailing) == {MEMBER: "You have access to Housing committee"}


def test_of_a_room_that_was_deleted_meanwhile_nobody_is_told(client_as: As, room: Room, mailing: MailServer):
    client_as("administrator").post(row_url(room, "member", "/revoke"))
    stored(room).deleted_at = utcnow()
    assert (subjects(mailing), set(states())) == ({}, {("withdrawn", "room_gone")})


def test_who_stopped_being_an_owner_meanwhile_is_not_told_as_one(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    client_as("administrator").post(row_url(room, "member", "/revoke"))
    row = open_row(room, second_owner)
    assert row is not None
    service.revoke(room, row, actor=Actor.user(persona("owner")), gesture=Gesture(quiet=True))
    db.session.commit()
    assert sorted(subjects(mailing)) == [MEMBER, OWNER]
    assert ("withdrawn", "no_owner") in states()


def test_of_many_people_at_once_each_gets_a_mail_and_each_owner_one(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    persona("stranger")
    lines = "\n".join([STRANGER, *(f"p{number}@tenants.example" for number in range(11))])
    client_as("owner").post(f"{url(room)}several", data={"emails": lines, "role": "member"})
    told = subjects(mailing)
    assert len(told) == 13 and OWNER not in told
    assert told[second_owner.email] == "Owner Person gave 12 people access to Housing committee"
    assert "People: Stranger Person and 11 more" in text(mailing.mail_to(second_owner.email))


def test_of_many_who_are_made_owners_none_is_told_of_another(client_as: As, room: Room, mailing: MailServer):
    people = [make_user("noor"), make_user("idris")]
    lines = " ".join(person.email for person in people)
    client_as("owner").post(f"{url(room)}several", data={"emails": lines.replace(" ", "\n"), "role": "owner"})
    assert set(subjects(mailing).values()) == {"You have access to Housing committee"} and len(mailing.taken) == 2


def test_no_mail_names_the_address_of_another_reader(
    client_as: As, room: Room, second_owner: User, mailing: MailServer
):
    owner = client_as("owner")
    persona("stranger").full_name = persona("stranger").short_name = ""  # known by the address alone
    owner.post(f"{url(room)}several", data={"emails": f"{NEW}\n{STRANGER}\nx@tenants.example", "role": "member"})
    owner.post(row_url(room, "member"), data={"role": "administrator"})
    owner.post(row_url(room, "administrator", "/revoke"))
    later()
    assert len(mailing.taken) == 8
    for to, mail in mailing.taken:
        named = re.findall(r"[\w.-]+@[\w.-]+", part(mail, "html") + part(mail, "plain") + mail["Subject"])
        assert named == [], to
    assert all(len(transaction) == 1 for transaction in mailing.transactions)


def test_who_took_the_role_of_an_invitation_is_not_told_again_and_the_owner_is(room: Room, mailing: MailServer):
    service.accept(room, persona("stranger"), Role.MEMBER, inviter_id=persona("administrator").id)
    assert subjects(mailing) == {OWNER: "Stranger Person accepted an invitation to Housing committee"}
    assert "Invited by: Administrator Person" in text(mailing.mail_to(OWNER))


def test_a_removal_by_the_clock_is_told_without_a_name(room: Room, mailing: MailServer):
    row = open_row(room, persona("member"))
    assert row is not None
    service.revoke(room, row, actor=Actor.system())
    told = subjects(mailing)
    assert told[OWNER] == "Member Person no longer has access to Housing committee"
    assert "Your access was removed automatically." in text(mailing.mail_to(MEMBER))


def test_a_mail_speaks_its_readers_language(client_as: As, room: Room, second_owner: User, mailing: MailServer):
    persona("member").language = "fr"
    db.session.commit()
    client_as("owner").post(row_url(room, "member", "/revoke"))
    later()
    assert 'lang="fr"' in part(mailing.mail_to(MEMBER), "html")
    assert 'lang="en"' in part(mailing.mail_to(second_owner.email), "html")


def test_a_mail_keeps_no_address_name_or_text(client_as: As, room: Room, mailing: MailServer):
    client_as("owner").post(url(room), data={"email": NEW, "role": "member"})
    db.session.rollback()
    row = db.session.execute(sa.select(Mail.__table__)).mappings().one()
    assert not re.search("tenants|Owner|Housing", str(dict(row)))


def test_without_a_mail_server_nothing_is_planned_and_the_pages_promise_nothing(client_as: As, room: Room):
    owner = client_as("owner")
    owner.post(url(room), data={"email": NEW, "role": "member"})
    assert states() == []
    for page in (url(room), f"{url(room)}several", f"/rooms/{room.slug}/"):
        assert "an e-mail." not in owner.get(page).text


def test_the_pages_say_before_who_will_be_told(client_as: As, room: Room, mailing: MailServer):
    owner, administrator = client_as("owner"), client_as("administrator")
    both, person = "The person and the room&#39;s owners get an e-mail.", "The person gets an e-mail."
    assert both not in owner.get(url(room)).text.replace("'", "&#39;"), "there is no other owner to be told"
    assert person in owner.get(url(room)).text
    assert both in administrator.get(url(room)).text.replace("'", "&#39;")
    assert "Each person gets an e-mail." in owner.get(f"{url(room)}several").text
    assert "Each person and the room" in administrator.get(f"{url(room)}several").text
    leaving = "get an e-mail."
    assert leaving not in owner.get(f"/rooms/{room.slug}/").text
    assert leaving in client_as("member").get(f"/rooms/{room.slug}/").text


def test_of_somebody_disabled_the_page_promises_no_mail_to_the_person(client_as: As, room: Room, mailing: MailServer):
    for who in ("member", "administrator"):
        accounts.disable(persona(who), actor=Actor.system())
    db.session.commit()
    page = client_as("owner").get(url(room)).text
    assert page.count("gets an e-mail") == 1, "the form that adds somebody says it alone"


def test_the_list_asks_as_often_for_fifty_people_while_it_says_who_is_told(
    client_as: As, room: Room, mailing: MailServer, count_queries: Counted
):
    owner = client_as("owner")
    with count_queries() as few:
        owner.get(url(room), headers=SWAP)
    for number in range(40):
        grant(room, f"p{number}@tenants.example", Role.MEMBER)
    with count_queries() as many:
        owner.get(url(room), headers=SWAP)
    assert len(many) == len(few) and len(roles(room)) == 43
