"""Give somebody a role, whoever they are."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.access_lists import roles, url
from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.accounts import service as accounts
from webapp.accounts.identity import Identity
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]


@pytest.mark.parametrize("who", ["owner", "administrator", "admin"])
def test_hosts_give_a_role_to_an_address_and_the_person_can_open_the_room(client_as: As, room: Room, who: str):
    answer = client_as(who).post(url(room), data={"email": " Stranger@Frontdesk.Example", "role": "member"})
    assert (answer.status_code, answer.location) == (303, url(room))
    assert roles(room)["stranger"] is Role.MEMBER
    assert client_as("stranger").get(f"/rooms/{room.slug}/").status_code == 200
    entry = trail("access.grant")[-1]
    assert (entry.user_id, entry.room_id) == (persona(who).id, room.id)
    assert entry.details["person"] == str(persona("stranger").id) and "@" not in str(entry.details)


def test_a_swap_gets_the_list_with_the_new_person(client_as: As, room: Room):
    persona("stranger")
    answer = client_as("owner").post(
        url(room), data={"email": persona("stranger").email, "role": "member"}, headers=SWAP
    )
    assert answer.status_code == 200 and answer.text.lstrip().startswith('<section id="access"')
    assert "Stranger Person" in answer.text


@pytest.mark.parametrize(
    "email", ["", "owner", "owner@", "a b@c.example", "@c.example", "x" * 300 + "@c.example", "a\n@c.example"]
)
def test_what_is_no_whole_address_is_refused_and_kept_in_the_field(client_as: As, room: Room, email: str):
    answer = client_as("owner").post(url(room), data={"email": email, "role": "member"}, headers=SWAP)
    assert answer.status_code == 422 and "Enter a full address" in answer.text
    assert len(roles(room)) == 3


def test_nobody_learns_from_the_form_whether_an_address_is_known(client_as: As, room: Room):
    persona("stranger")
    known = client_as("owner").post(url(room), data={"email": persona("stranger").email, "role": "member"})
    unknown = client_as("owner").post(url(room), data={"email": "nobody@else.example", "role": "member"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)


def test_whoever_has_a_role_already_is_not_given_another_row(client_as: As, room: Room):
    answer = client_as("owner").post(url(room), data={"email": persona("member").email, "role": "owner"}, headers=SWAP)
    assert answer.status_code == 422 and "already has access" in answer.text
    assert roles(room)["member"] is Role.MEMBER


def test_an_address_nobody_signed_in_with_waits_and_is_claimed_at_the_first_sign_in(app, client_as: As, room: Room):
    client_as("owner").post(url(room), data={"email": "k.osei@tenants.example", "role": "administrator"})
    text = client_as("owner").get(url(room)).text
    assert "k.osei@tenants.example" in text and "Administrator, pending" in text and "Has not signed in yet" in text
    names = {"full_name": "Kofi Osei", "short_name": "Kofi", "staff": None, "id_token": ""}
    identity = Identity(sub="new", email="k.osei@tenants.example", email_verified=True, **names)
    user = accounts.sign_in(identity, address="", browser="").user
    db.session.commit()
    assert client_as(user).get(f"/rooms/{room.slug}/edit").status_code == 200
    assert roles(room)["k.osei"] is Role.ADMINISTRATOR
    assert "Kofi Osei" in client_as("owner").get(url(room)).text


def test_two_grants_to_one_unknown_address_make_one_person(client_as: As, room: Room):
    client_as("stranger").post("/rooms/new", data={"name": "Other", "access_level": "public"})
    other = db.session.scalars(sa.select(Room).where(Room.name == "Other")).one()
    for browser, target in ((client_as("owner"), room), (client_as("stranger"), other)):
        browser.post(url(target), data={"email": "k.osei@tenants.example", "role": "member"})
    assert db.session.scalar(sa.select(sa.func.count()).where(User.email == "k.osei@tenants.example")) == 1
