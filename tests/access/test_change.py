"""Change roles and hand rooms over: by whom, and with what trace."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.access_lists import named, roles, row_url, url
from tests.support.factories import trail
from tests.support.personas import Browser, persona
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room

As = Callable[[str | User], Browser]


def test_only_owners_and_admins_make_and_unmake_owners(client_as: As, room: Room):
    administrator = client_as("administrator")
    persona("stranger")
    grant = {"email": persona("stranger").email, "role": "owner"}
    assert administrator.post(url(room), data=grant).status_code == 403
    assert administrator.post(row_url(room, "member"), data={"role": "owner"}).status_code == 403
    assert administrator.post(row_url(room, "owner"), data={"role": "member"}).status_code == 403
    assert administrator.post(row_url(room, "owner", "/revoke")).status_code == 403
    assert administrator.post(row_url(room, "member", "/transfer"), data=named(room)).status_code == 403
    assert roles(room) == {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": Role.MEMBER}
    assert 'value="owner"' not in administrator.get(url(room)).text
    assert client_as("admin").post(row_url(room, "member"), data={"role": "owner"}).status_code == 303


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("stranger", 404), ("support", 404)])
def test_whoever_may_not_see_the_list_changes_nothing_of_it(client_as: As, room: Room, who: str, status: int):
    browser = client_as(who)
    assert browser.post(url(room), data={"email": "x@y.example", "role": "member"}).status_code == status
    assert browser.post(row_url(room, "administrator"), data={"role": "member"}).status_code == status
    assert browser.post(row_url(room, "administrator", "/revoke")).status_code == status
    assert len(roles(room)) == 3 and len(trail("access.grant")) == 2


def test_a_changed_role_closes_one_row_and_opens_another(client_as: As, room: Room):
    client_as("owner").post(row_url(room, "member"), data={"role": "administrator"})
    assert roles(room)["member"] is Role.ADMINISTRATOR
    rows = db.session.scalars(sa.select(Access).where(Access.user_id == persona("member").id).order_by(Access.id)).all()
    assert [row.role for row in rows] == [Role.MEMBER, Role.ADMINISTRATOR]
    assert rows[0].revoked_at is not None and rows[0].revoked_by_id == persona("owner").id
    (entry,) = trail("access.change")
    assert (entry.details["before"], entry.details["role"]) == ("member", "administrator")


def test_the_same_role_again_changes_nothing(client_as: As, room: Room):
    client_as("owner").post(row_url(room, "member"), data={"role": "member"})
    assert trail("access.change") == []


@pytest.mark.parametrize("data", [{}, {"role": ""}, {"role": "emperor"}])
def test_a_change_that_names_no_role_of_ours_is_refused(client_as: As, room: Room, data: dict[str, str]):
    assert client_as("owner").post(row_url(room, "administrator"), data=data).status_code == 422
    assert roles(room)["administrator"] is Role.ADMINISTRATOR
    assert trail("access.change") == []


def test_a_transfer_leaves_one_owner_and_the_one_before_an_administrator(client_as: As, room: Room):
    owner = client_as("owner")
    answer = owner.post(row_url(room, "member", "/transfer"), data=named(room))
    assert answer.status_code == 303
    assert roles(room) == {"owner": Role.ADMINISTRATOR, "administrator": Role.ADMINISTRATOR, "member": Role.OWNER}
    assert trail("access.transfer")[0].details["person"] == str(persona("member").id)
    assert owner.post(row_url(room, "administrator", "/transfer"), data=named(room)).status_code == 403


def test_an_administrator_who_steps_down_is_led_to_what_remains_open(client_as: As, room: Room):
    answer = client_as("administrator").post(row_url(room, "administrator"), data={"role": "member"})
    assert answer.location == f"/rooms/{room.slug}/"
