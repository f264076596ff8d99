"""Removing somebody and leaving are done at once, and for ten seconds whoever did it can take that back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from tests.plugins.mail_server import MailServer
from tests.support.access_lists import at_once, open_row, roles, row_url, url
from tests.support.factories import trail
from tests.support.mails import later, states, work_off
from tests.support.personas import SWAP, Browser, persona
from webapp.access import as_of, service
from webapp.access.telling import Gesture
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.rooms.models import Access, Role, Room

pytestmark = pytest.mark.usefixtures("stopped_clock")
As = Callable[[str | User], Browser]
UNDO = "/access/undo"
BEFORE = {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": Role.MEMBER}
OWNER, MEMBER, NEW = "owner@frontdesk.example", "member@frontdesk.example", "new@tenants.example"


@contextmanager
def seconds_later(seconds: float) -> Iterator[None]:
    """As if so many seconds had passed."""
    with time_machine.travel(utcnow() + timedelta(seconds=seconds)):
        yield


def tokens(page: str) -> list[str]:
    """What the page offers to undo, newest first."""
    return re.findall(r'name="token" value="([^"]+)"', page)


def remove(browser: Browser, room: Room, who: str = "member") -> str:
    """Press Remove access with htmx; returns the token that the answer offers."""
    return tokens(browser.post(row_url(room, who, "/revoke"), headers=SWAP).text)[0]


def leave(browser: Browser, room: Room) -> str:
    """Press Leave; returns the token that the next page offers."""
    return tokens(browser.post(url(room, "leave"), follow_redirects=True).text)[0]


def undo(browser: Browser, token: str) -> int:
    """Press Undo; returns the status of the answer."""
    return browser.post(UNDO, data={"token": token}).status_code


def stored(room: Room, who: str) -> tuple[object, ...]:
    """The person's role now, exactly."""
    row = open_row(room, persona(who))
    assert row is not None
    return row.id, row.role, row.granted_at, row.granted_by_id, row.revoked_at, row.revoked_by_id


def test_a_removed_person_has_the_very_role_of_before_again(client_as: As, room: Room):
    administrator, before = client_as("administrator"), stored(room, "member")
    token = remove(administrator, room)
    assert "member" not in roles(room)
    answer = administrator.post(UNDO, data={"token": token}, follow_redirects=True)
    assert answer.request.path == url(room) and "Member Person has access to Housing committee again." in answer.text
    assert stored(room, "member") == before and tokens(answer.text) == []
    (entry,) = trail("access.undo_revoke")
    assert entry.user_id == persona("administrator").id
    assert entry.details == {"person": str(persona("member").id), "role": "member"}
    assert client_as("member").get(f"/rooms/{room.slug}/").status_code == 200


def test_who_left_takes_it_back_from_any_page_although_the_room_is_none_of_theirs_any_more(client_as: As, room: Room):
    member, before = client_as("member"), stored(room, "member")
    leave(member, room)
    assert member.get(f"/rooms/{room.slug}/").status_code == 404
    (token,) = tokens(member.get("/account/").text)
    answer = member.post(UNDO, data={"token": token}, follow_redirects=True)
    assert answer.request.path == f"/rooms/{room.slug}/"
    assert "You have access to Housing committee again." in answer.text
    assert stored(room, "member") == before
    assert trail("access.undo_leave")[0].user_id == persona("member").id


def test_without_scripts_a_page_of_its_own_has_the_one_button_and_changes_nothing_when_read(client_as: As, room: Room):
    owner = client_as("owner")
    owner.post(row_url(room, "member", "/revoke"))
    page = owner.get(UNDO).text
    assert "Member Person no longer has access to Housing committee." in page
    (token,) = tokens(page)
    assert owner.get(f"{UNDO}?token={token}").status_code == 200 and "member" not in roles(room)
    assert undo(owner, token) == 303 and roles(room) == BEFORE
    assert "There is nothing to undo." in owner.get(UNDO).text


def test_of_several_removals_each_is_undone_by_itself(client_as: As, room: Room):
    owner = client_as("owner")
    first = remove(owner, room)
    remove(owner, room, "administrator")
    assert len(tokens(owner.get("/account/").text)) == 2
    assert undo(owner, first) == 303
    assert roles(room) == {"owner": Role.OWNER, "member": Role.MEMBER}


@pytest.mark.parametrize(("seconds", "status"), [(9, 303), (10.1, 409)])
def test_within_ten_seconds_it_can_be_undone_and_after_them_it_stands(
    client_as: As, room: Room, seconds: float, status: int
):
    owner = client_as("owner")
    token = remove(owner, room)
    with seconds_later(seconds):
        assert bool(tokens(owner.get("/account/").text)) is (status == 303)
        assert undo(owner, token) == status
    assert ("member" in roles(room)) is (status == 303)


def test_it_is_undone_once(client_as: As, room: Room):
    owner = client_as("owner")
    token = remove(owner, room)
    undo(owner, token)
    assert undo(owner, token) == 409
    remove(owner, room)
    accounts_row = open_row(room, persona("member"))
    assert accounts_row is None and len(trail("access.undo_revoke")) == 1


@pytest.mark.parametrize("who", ["member", "administrator", "admin", "stranger", "support"])
def test_nobody_else_undoes_it_with_the_token_of_whoever_did_it(client_as: As, room: Room, who: str):
    token = remove(client_as("owner"), room)
    assert undo(client_as(who), token) == 409 and "member" not in roles(room)


def test_who_was_removed_as_well_still_undoes_their_own_removal(client_as: As, room: Room):
    administrator = client_as("administrator")
    token = remove(administrator, room)
    client_as("owner").post(row_url(room, "administrator", "/revoke"))
    answer = administrator.post(UNDO, data={"token": token})
    assert answer.status_code == 303 and answer.headers["Location"] == "/rooms/"
    assert roles(room) == {"owner": Role.OWNER, "member": Role.MEMBER}


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_who_was_added_again_meanwhile_keeps_the_newer_role(client_as: As, room: Room, headers: dict[str, str]):
    owner = client_as("owner")
    token = remove(owner, room)
    client_as("administrator").post(url(room), data={"email": MEMBER, "role": "administrator"})
    answer = owner.post(UNDO, data={"token": token}, headers=headers)
    assert answer.status_code == 409 and "the access has changed since." in answer.text
    assert roles(room)["member"] is Role.ADMINISTRATOR and trail("access.undo_revoke") == []


def test_a_token_made_for_another_purpose_or_by_nobody_is_refused(client_as: As, room: Room):
    owner = client_as("owner")
    body = remove(owner, room).partition(".")[0]
    assert [undo(owner, each) for each in ("", "x", f"{body}.x", "x" * 5000)] == [409] * 4
    assert "member" not in roles(room)


def test_in_a_room_that_was_deleted_meanwhile_nothing_is_undone(client_as: As, room: Room):
    owner = client_as("owner")
    token = remove(owner, room)
    room.deleted_at = utcnow()
    assert undo(owner, token) == 409


def test_who_never_signed_in_is_removed_and_has_the_role_again(client_as: As, room: Room, mailing: MailServer):
    service.grant(room, actor=Actor.system(), email=NEW, role=Role.MEMBER, gesture=Gesture(quiet=True))
    db.session.commit()
    owner = client_as("owner")
    for _time in range(2):
        row = db.session.scalar(sa.select(Access).join(Access.user).where(User.email == NEW))
        assert row is not None
        answer = owner.post(url(room, f"{row.id}/revoke"), headers=SWAP)
        assert answer.status_code == 200 and undo(owner, tokens(answer.text)[0]) == 303
        assert roles(room)["new"] is Role.MEMBER
    later()
    assert mailing.taken == [] and states() == [("withdrawn", "changed")]


def test_an_owner_who_left_owns_the_room_again_and_the_last_one_cannot_leave(client_as: As, room: Room):
    owner = client_as("owner")
    assert owner.post(url(room, "leave")).headers["Location"] == f"/rooms/{room.slug}/"
    assert roles(room) == BEFORE and tokens(owner.get("/account/").text) == []
    grant = {"actor": Actor.system(), "email": persona("stranger").email, "role": Role.OWNER}
    service.grant(room, **grant, gesture=Gesture(quiet=True))
    token = leave(owner, room)
    assert undo(owner, token) == 303
    assert roles(room) == BEFORE | {"stranger": Role.OWNER}


def test_who_was_forgotten_meanwhile_gets_no_role(client_as: As, room: Room):
    owner = client_as("owner")
    token = remove(owner, room)
    persona("member").forgotten_at = utcnow()
    db.session.commit()
    assert undo(owner, token) == 409 and "member" not in roles(room)


def test_at_no_moment_of_the_past_did_a_person_have_two_roles(
    client_as: As, room: Room, stopped_clock: time_machine.Traveller
):
    owner = client_as("owner")
    undo(owner, remove(owner, room))
    stopped_clock.shift(1)
    answer = owner.post(row_url(room, "member", "/transfer"), data={"typed": room.name}, headers=SWAP)
    undo(owner, tokens(answer.text)[0])
    for row in db.session.scalars(sa.select(Access)).all():
        held = sa.select(sa.func.count()).where(Access.room_id == room.id, Access.user_id == row.user_id)
        assert db.session.scalar(held.where(as_of.holds(Access, row.granted_at))) == 1


@pytest.mark.parametrize("_round", range(3))
def test_pressed_twice_at_once_it_is_undone_once(client_as: As, room: Room, _round: int):
    owner = client_as("owner")
    press = (UNDO, {"token": remove(owner, room)})
    answers = at_once((owner, *press), (client_as("owner"), *press))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert roles(room) == BEFORE and len(trail("access.undo_revoke")) == 1


@pytest.mark.parametrize("_round", range(3))
def test_of_an_undo_and_a_new_grant_at_once_one_holds(client_as: As, room: Room, _round: int):
    owner = client_as("owner")
    token = remove(owner, room)
    grant = {"email": MEMBER, "role": "administrator"}
    answers = at_once((owner, UNDO, {"token": token}), (client_as("administrator"), url(room), grant))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == ([200, 409] if roles(room)["member"] is Role.ADMINISTRATOR else [204, 422])


def test_whoever_was_removed_is_told_once_it_cannot_be_undone(client_as: As, room: Room, mailing: MailServer):
    remove(client_as("administrator"), room)
    work_off()
    assert mailing.taken == []
    later()
    assert sorted(mailing.recipients) == [MEMBER, OWNER]


def test_of_an_undone_removal_or_leave_nobody_is_ever_told(client_as: As, room: Room, mailing: MailServer):
    administrator, member = client_as("administrator"), client_as("member")
    undo(administrator, remove(administrator, room))
    undo(member, leave(member, room))
    later()
    assert mailing.taken == [] and {state for state, _why in states()} == {"withdrawn"}


def test_removed_for_good_after_an_undo_they_are_told_only_then(client_as: As, room: Room, mailing: MailServer):
    owner = client_as("owner")
    undo(owner, remove(owner, room))
    remove(owner, room)
    work_off()
    assert mailing.taken == []
    later()
    assert mailing.recipients == [MEMBER]


def test_the_page_names_who_loses_what_and_who_gets_a_mail(client_as: As, room: Room, mailing: MailServer):
    page = client_as("owner").get(url(room)).text
    assert "Member Person loses their role in this room, and its recordings with any links to them." in page
    assert "The person gets an e-mail." in page
    answer = client_as("owner").post(row_url(room, "member", "/revoke"), headers=SWAP)
    assert "No one gets an e-mail before then." in answer.text
    assert "You lose your role in this room" in client_as("administrator").get(f"/rooms/{room.slug}/").text
