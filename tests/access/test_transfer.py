"""A room is handed over by typing its name, and for ten seconds whoever did it can take that back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from tests.plugins.mail_server import MailServer
from tests.support.access_lists import at_once, named, roles, row_url, url
from tests.support.factories import trail
from tests.support.mails import later, part, sent_mails, states, work_off
from tests.support.personas import SWAP, Browser, make_user, persona
from webapp.access import service
from webapp.access.telling import Gesture
from webapp.accounts import service as accounts
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.mails import links as mail_links
from webapp.rooms.models import Access, Role, Room

As = Callable[[str | User], Browser]
BEFORE = {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": Role.MEMBER}
AFTER = BEFORE | {"owner": Role.ADMINISTRATOR, "member": Role.OWNER}
UNDO = "/access/undo"
OWNER, MEMBER = "owner@frontdesk.example", "member@frontdesk.example"


@contextmanager
def seconds_later(seconds: float) -> Iterator[None]:
    """As if so many seconds had passed."""
    with time_machine.travel(utcnow() + timedelta(seconds=seconds)):
        yield


def hand_over(browser: Browser, room: Room, who: str = "member") -> str:
    """Transfer the room with htmx; returns the token that the answer offers, "" where it offers none."""
    answer = browser.post(row_url(room, who, "/transfer"), data=named(room), headers=SWAP)
    assert answer.status_code == 200
    found = re.findall(r'name="token" value="([^"]+)"', answer.text)
    return found[0] if found else ""


def undo(browser: Browser, token: str, headers: dict[str, str] = SWAP) -> int:
    """Press Undo; returns the status of the answer."""
    return browser.post(UNDO, data={"token": token}, headers=headers).status_code


@pytest.mark.parametrize("headers", [SWAP, {}])
@pytest.mark.parametrize("typed", ["", "housing", "Housing  committee"])
def test_without_the_rooms_name_it_is_not_handed_over_and_what_was_typed_stays(
    client_as: As, room: Room, typed: str, headers: dict[str, str]
):
    answer = client_as("owner").post(row_url(room, "member", "/transfer"), data={"typed": typed}, headers=headers)
    assert answer.status_code == 422 and ("<html" in answer.text) is not bool(headers)
    assert "Enter the name exactly as shown: Housing committee. Nothing was changed." in answer.text
    (field,) = re.findall(r"<input[^>]*aria-invalid[^>]*>", answer.text)
    assert f'value="{typed}"' in field
    assert roles(room) == BEFORE and trail("access.transfer") == []


def test_the_name_may_be_typed_with_blanks_around_it_and_in_another_composition(client_as: As, room: Room):
    room.name = "Réunion"
    data = {"typed": " Re\u0301union "}
    assert client_as("owner").post(row_url(room, "member", "/transfer"), data=data).status_code == 303
    assert roles(room) == AFTER


def test_who_handed_it_over_takes_it_back_although_they_own_it_no_more(client_as: As, room: Room):
    owner = client_as("owner")
    before = {row.id: (row.role, row.granted_at) for row in db.session.query(Access)}
    token = hand_over(owner, room)
    assert roles(room) == AFTER and token
    kept = {row.id: (row.role, row.granted_at) for row in db.session.query(Access)}
    db.session.commit()
    answer = owner.post(UNDO, data={"token": token}, headers=SWAP)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, url(room))
    assert roles(room) == BEFORE
    assert "Everyone has the role they had before." in owner.get(url(room)).text
    open_rows = {row.id: (row.role, row.granted_at) for row in db.session.query(Access) if not row.revoked_at}
    assert open_rows == before, "the very roles of before, since when they were given"
    assert len(kept) == len(before) + 2
    assert all(row.revoked_at in {None, row.granted_at} for row in db.session.query(Access)), "held for no time"
    (entry,) = trail("access.undo_transfer")
    assert (entry.user_id, entry.details) == (persona("owner").id, {"person": str(persona("member").id)})
    assert "undid the transfer of" in owner.get(f"/rooms/{room.slug}/activity").text


def test_without_scripts_the_list_offers_to_undo_it(client_as: As, room: Room):
    owner = client_as("owner")
    answer = owner.post(row_url(room, "member", "/transfer"), data=named(room), follow_redirects=True)
    assert "Ownership transferred" in answer.text and len(re.findall('id="toasts"', answer.text)) == 1
    (token,) = re.findall(r'name="token" value="([^"]+)"', answer.text)
    assert token not in answer.request.url
    assert undo(owner, token, {}) == 303
    assert roles(room) == BEFORE
    assert 'name="token"' not in owner.get(url(room)).text


def test_it_is_offered_to_nobody_else_and_not_for_long(client_as: As, room: Room):
    owner = client_as("owner")
    hand_over(owner, room)
    assert 'name="token"' in owner.get(url(room)).text
    for who in ("member", "administrator", "admin"):
        assert 'name="token"' not in client_as(who).get(url(room)).text
    with seconds_later(10.5):
        assert 'name="token"' not in owner.get(url(room)).text


def test_an_admin_takes_back_what_they_handed_over(client_as: As, room: Room):
    accounts.disable(persona("owner"), actor=Actor.system())
    admin = client_as("admin")
    assert undo(admin, hand_over(admin, room)) == 204
    assert roles(room) == BEFORE


def test_one_of_several_owners_who_was_made_the_only_one_shares_the_room_again(client_as: As, room: Room):
    grant = {"actor": Actor.system(), "email": persona("stranger").email, "role": Role.OWNER}
    service.grant(room, **grant, gesture=Gesture(quiet=True))
    owner = client_as("owner")
    token = hand_over(owner, room, "stranger")
    assert [who for who, role in roles(room).items() if role is Role.OWNER] == ["stranger"]
    assert undo(owner, token) == 204
    assert roles(room) == BEFORE | {"stranger": Role.OWNER}


@pytest.mark.parametrize(("seconds", "status", "then"), [(9, 204, BEFORE), (10.1, 409, AFTER)])
def test_within_ten_seconds_it_can_be_undone_and_after_them_it_stands(
    client_as: As, room: Room, seconds: float, status: int, then: dict[str, Role]
):
    owner = client_as("owner")
    token = hand_over(owner, room)
    with seconds_later(seconds):
        assert undo(owner, token) == status
    assert roles(room) == then


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_a_second_undo_changes_nothing_and_says_why(client_as: As, room: Room, headers: dict[str, str]):
    owner = client_as("owner")
    token = hand_over(owner, room)
    undo(owner, token)
    again = owner.post(UNDO, data={"token": token}, headers=headers)
    assert again.status_code == 409 and "Not undone: more than 10 seconds have passed" in again.text
    assert roles(room) == BEFORE and len(trail("access.undo_transfer")) == 1


@pytest.mark.parametrize("verb", ["grant", "change", "revoke", "leave", "transfer"])
def test_after_another_change_of_its_roles_it_is_not_undone(client_as: As, room: Room, verb: str):
    owner, member = client_as("owner"), client_as("member")
    token = hand_over(owner, room)
    if verb == "grant":
        member.post(url(room), data={"email": "x@tenants.example", "role": "member"})
    elif verb == "change":
        member.post(row_url(room, "administrator"), data={"role": "member"})
    elif verb == "revoke":
        member.post(row_url(room, "administrator", "/revoke"))
    elif verb == "leave":
        client_as("administrator").post(url(room, "leave"))
    else:
        hand_over(member, room, "administrator")
    now = roles(room)
    assert undo(owner, token) == 409
    assert roles(room) == now != BEFORE and trail("access.undo_transfer") == []


def test_who_was_removed_by_the_new_owner_undoes_nothing(client_as: As, room: Room):
    owner = client_as("owner")
    token = hand_over(owner, room)
    client_as("member").post(row_url(room, "owner", "/revoke"))
    assert undo(owner, token) == 409
    assert roles(room)["member"] is Role.OWNER


def test_a_change_of_the_rooms_name_does_not_keep_it_from_being_undone(client_as: As, room: Room):
    owner = client_as("owner")
    token = hand_over(owner, room)
    room.name = "Housing"
    assert undo(owner, token) == 204


@pytest.mark.parametrize("who", ["member", "administrator", "admin", "stranger", "support"])
def test_nobody_else_undoes_it_with_the_token_of_whoever_did_it(client_as: As, room: Room, who: str):
    token = hand_over(client_as("owner"), room)
    assert undo(client_as(who), token) == 409
    assert roles(room) == AFTER


def test_it_is_undone_by_a_post_with_a_token_of_ours_made_for_this_alone(client_as: As, room: Room):
    owner = client_as("owner")
    token = hand_over(owner, room)
    assert owner.get(f"{UNDO}?token={token}").status_code == 200 and roles(room) == AFTER
    body, _dot, _signature = token.partition(".")
    wrong = ["", "x", f"{body}.x", "x" * 5000, mail_links.token(persona("owner").id, "roles")]
    assert [undo(owner, each) for each in wrong] == [409] * 5
    owner.csrf = False
    assert undo(owner, token) == 400
    assert roles(room) == AFTER


def test_a_changed_role_offers_no_undo(client_as: As, room: Room):
    answer = client_as("owner").post(row_url(room, "member"), data={"role": "owner"}, headers=SWAP)
    assert 'name="token"' not in answer.text


@pytest.mark.parametrize("_round", range(3))
def test_of_an_undo_and_another_transfer_at_once_one_holds_whole(client_as: As, room: Room, _round: int):
    owner, member = client_as("owner"), client_as("member")
    token = hand_over(owner, room)
    there = row_url(room, "administrator", "/transfer")
    answers = at_once(
        (owner, UNDO, {"token": token}),
        (member, there, named(room)),
    )
    statuses = sorted(answer.status_code for answer in answers)
    found = roles(room)
    assert list(found.values()).count(Role.OWNER) == 1
    if found == BEFORE:
        assert statuses in ([204, 403], [204, 409]), "whoever came second owns the room no more"
    else:
        assert statuses == [200, 409] and found["administrator"] is Role.OWNER


@pytest.mark.parametrize("_round", range(3))
def test_pressed_twice_at_once_it_is_undone_once(client_as: As, room: Room, _round: int):
    owner = client_as("owner")
    press = (UNDO, {"token": hand_over(owner, room)})
    answers = at_once((owner, *press), (client_as("owner"), *press))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert roles(room) == BEFORE and len(trail("access.undo_transfer")) == 1


def test_whoever_is_made_the_owner_is_told_once_it_cannot_be_undone(client_as: As, room: Room, mailing: MailServer):
    hand_over(client_as("owner"), room)
    work_off()
    assert mailing.taken == []
    assert all(mail.due_at >= mail.created_at + timedelta(seconds=10) for mail in sent_mails())
    later()
    mail = mailing.mail_to(MEMBER)
    assert mailing.recipients == [MEMBER] and mail["Subject"] == "You now own Housing committee"
    assert "Owner Person transferred the ownership to you." in part(mail, "plain")
    assert "Role: Owner" in part(mail, "plain") and "Previous role: Member" in part(mail, "plain")


def test_other_owners_are_told_who_owns_the_room_now(client_as: As, room: Room, mailing: MailServer):
    second = make_user("second")
    for email in (second.email, "new@tenants.example"):
        grant = {"actor": Actor.system(), "email": email, "role": Role.OWNER}
        service.grant(room, **grant, gesture=Gesture(quiet=True))
    hand_over(client_as("owner"), room)
    later()
    assert mailing.recipients == [MEMBER, "new@tenants.example", second.email]
    text = " ".join(part(mailing.mail_to(second.email), "plain").split())
    assert "Owner Person changed it. It was owner before." in text and "Owners now: Member Person" in text


def test_one_of_several_owners_is_told_that_they_are_the_only_one(client_as: As, room: Room, mailing: MailServer):
    second = make_user("second")
    grant = {"actor": Actor.system(), "email": second.email, "role": Role.OWNER}
    service.grant(room, **grant, gesture=Gesture(quiet=True))
    hand_over(client_as("admin"), room, "second")
    later()
    assert mailing.recipients == [OWNER, second.email]
    assert mailing.mail_to(second.email)["Subject"] == "You are now the only owner of Housing committee"


def test_of_an_undone_transfer_nobody_is_ever_told(client_as: As, room: Room, mailing: MailServer):
    make_user("second")
    grant = {"actor": Actor.system(), "email": "second@frontdesk.example", "role": Role.OWNER}
    service.grant(room, **grant, gesture=Gesture(quiet=True))
    owner = client_as("owner")
    assert undo(owner, hand_over(owner, room)) == 204
    later()
    assert mailing.taken == [] and states() == [("withdrawn", "changed")] * 2


def test_even_a_mail_that_was_overlooked_tells_nothing_of_it(client_as: As, room: Room, mailing: MailServer):
    owner = client_as("owner")
    undo(owner, hand_over(owner, room))
    db.session.execute(sa.text("UPDATE mails SET state = 'waiting', ended_at = NULL"))
    later()
    assert mailing.taken == [] and states() == [("withdrawn", "changed")]


def test_the_page_says_what_follows_before_and_after(client_as: As, room: Room, mailing: MailServer):
    owner = client_as("owner")
    page = owner.get(url(room)).text
    assert "Member Person becomes the only owner. All other owners become administrators." in page
    assert "Transfer ownership…" in page and "Room name, to confirm" in page
    answer = owner.post(row_url(room, "member", "/transfer"), data=named(room), headers=SWAP)
    assert "No one gets an e-mail before then." in answer.text
