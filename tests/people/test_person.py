"""One person's page: what they are, may open, have open, and looked at; and what deserves a look."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.plugins.queries import Counted
from tests.support.factories import make_room
from tests.support.personas import Browser, browser, make_user, persona
from webapp.access import service as access
from webapp.accounts import service, sessions
from webapp.accounts.models import Staff, User
from webapp.audit import Actor, record
from webapp.core.db import db, utcnow
from webapp.people.concerns import Concern, concerns
from webapp.rooms import service as rooms
from webapp.rooms.models import Role, Room

ClientAs = Callable[[str], Browser]


def seen(client_as: ClientAs, person: User, query: str = "") -> str:
    """The person's page as an admin sees it."""
    answer = client_as("admin").get(f"/people/{person.id}/{query}")
    assert answer.status_code == 200
    return answer.text


def grant(room: Room, person: User, role: Role = Role.MEMBER) -> None:
    access.grant(room, actor=Actor.user(persona("owner")), email=person.email, role=role)
    db.session.commit()


def test_nobody_has_a_page_that_is_not_there(client_as: ClientAs):
    assert client_as("admin").get(f"/people/{uuid.uuid4()}/").status_code == 404
    assert client_as("stranger").get(f"/people/{uuid.uuid4()}/").status_code == 403


def test_the_page_says_who_it_is_and_how_the_account_stands(client_as: ClientAs):
    person = persona("support")
    person.language, person.timezone, person.last_sign_in_at = "fr", "Europe/Oslo", utcnow()
    service.set_staff(person, Staff.ADMIN, actor=Actor.user(persona("admin")), reason="stands in for Ottilie")
    db.session.commit()
    page = seen(client_as, person)
    for said in (person.name, person.email, "Français", "Europe/Oslo", str(person.id), "“stands in for Ottilie”"):
        assert said in page, said
    assert "Hasn't signed in yet." not in page and f"/audit/log?person={person.id}" in page
    waiting = seen(client_as, make_user("later", pending=True))
    assert "Hasn't signed in yet." in waiting and "Pending" in waiting


def test_access_is_listed_with_role_since_when_and_by_whom(client_as: ClientAs, room: Room):
    member = persona("member")
    own = make_room("member", name="Own room")
    rooms.delete(make_room("member", name="Gone room"), actor=Actor.system())
    db.session.commit()
    page = seen(client_as, member)
    assert "2 rooms" in page and own.name in page and room.name in page and "Gone room" not in page
    assert "by Owner Person" in page and "Administrator" not in page.split('id="access"')[1].split("</section>")[0]
    assert f"/rooms/{room.slug}/access/" in page
    assert "No access to any room." in seen(client_as, persona("stranger"))


def test_many_rooms_come_on_pages(client_as: ClientAs):
    member = persona("member")
    made = [make_room("owner", member="member", name=f"Room number {number:02}.") for number in range(23)]
    first = seen(client_as, member)
    (older,) = [part.split('"')[0] for part in first.split('rel="next" href="')[1:]]
    second = client_as("admin").get(older).text
    assert "23 rooms" in first
    assert [(room.name in first) + (room.name in second) for room in made] == [1] * 23


def test_sessions_are_listed_and_those_that_are_over_are_not(client_as: ClientAs):
    person = persona("member")
    sessions.start(person, browser="Mozilla/5.0 (X11; Linux) Firefox/140.0", address="192.0.2.41")
    db.session.commit()
    page = seen(client_as, person)
    assert "Firefox, Linux" in page and "192.0.2.41" in page
    assert "Not signed in anywhere." in seen(client_as, persona("stranger"))


def test_what_the_person_revealed_is_shown_and_leads_to_all_of_it(client_as: ClientAs, room: Room):
    person = persona("owner")
    assert "/audit/reveals?" not in seen(client_as, person)
    record("room.reveal_pin", room, Actor.user(person))
    db.session.commit()
    page = seen(client_as, person)
    assert f"revealed the PIN of <b>{room.name}</b>" in page
    assert f"/audit/reveals?person={person.id}" in page and (room.pin or "no PIN") not in page


def test_rooms_that_only_they_can_manage_are_pointed_out_with_the_way_to_another_owner(client_as: ClientAs):
    owner = persona("owner")
    alone, shared = make_room("owner", name="Works council"), make_room("owner", name="Shared room")
    grant(shared, persona("member"), Role.OWNER)
    found = seen(client_as, owner).split('id="findings"')[1].split("</section>")[0]
    assert "Only owner of 1 room" in found and f"/rooms/{alone.slug}/access/" in found
    assert shared.name not in found
    service.disable(owner, actor=Actor.system())
    db.session.commit()
    assert "1 room has no owner who can sign in." in seen(client_as, owner)


def made(**fields: object) -> User:
    """Somebody who signed in today, but for what is said."""
    now = utcnow()
    return User(**{"sub": "x", "staff": Staff.NONE, "created_at": now, "last_sign_in_at": now} | fields)


LONG_AGO = utcnow() - timedelta(days=95)


@pytest.mark.parametrize(
    ("person", "alone", "others", "expected"),
    [
        (made(), 0, 0, []),
        (made(), 2, 0, [Concern.ONLY_OWNER]),
        (made(sub=None), 2, 0, [Concern.NO_ABLE_OWNER]),
        (made(disabled_at=LONG_AGO), 2, 0, [Concern.NO_ABLE_OWNER]),
        (made(last_sign_in_at=LONG_AGO), 0, 0, []),
        (made(last_sign_in_at=LONG_AGO, staff=Staff.ADMIN), 0, 0, [Concern.ABSENT_STAFF]),
        (made(sub=None, last_sign_in_at=None, created_at=LONG_AGO, staff=Staff.SUPPORT), 0, 0, [Concern.ABSENT_STAFF]),
        (made(last_sign_in_at=LONG_AGO, staff=Staff.ADMIN, disabled_at=LONG_AGO), 0, 0, [Concern.DISABLED_STAFF]),
        (made(), 1, 1, [Concern.ONLY_OWNER, Concern.SAME_ADDRESS]),
    ],
)
def test_only_what_deserves_a_look_is_a_finding(person: User, alone: int, others: int, expected: list[Concern]):
    assert concerns(person, owned_alone=alone, others=others, now=utcnow()) == expected


@pytest.mark.parametrize("staff", Staff)
@pytest.mark.parametrize("disabled", [True, False])
def test_every_state_of_an_account_is_drawn_with_all_its_findings(client_as: ClientAs, staff: Staff, disabled: bool):
    owner, twin = persona("owner"), make_user("twin", pending=True)
    make_room("owner")
    owner.staff, owner.last_sign_in_at = staff, LONG_AGO
    owner.disabled_at, twin.email = utcnow() if disabled else None, owner.email
    db.session.commit()
    assert ("Enable account" in seen(client_as, owner)) is disabled
    assert ("Disable account" in seen(client_as, owner)) is not disabled
    assert client_as("admin").get("/people/").status_code == 200


def test_it_costs_the_same_for_little_and_for_much(app: Flask, client_as: ClientAs, room: Room, count_queries: Counted):
    owner, admin = persona("owner"), client_as("admin")
    url = f"/people/{owner.id}/"
    record("room.reveal_pin", room, Actor.user(owner))
    browser(app, owner)
    admin.get(url)
    with count_queries() as few:
        admin.get(url)
    for number in range(30):
        record("room.reveal_pin", make_room("owner" if number % 2 else "stranger"), Actor.user(owner))
        browser(app, owner)
    for shared in (make_room("stranger") for _ in range(10)):
        access.grant(shared, actor=Actor.user(persona("stranger")), email=owner.email, role=Role.MEMBER)
    db.session.commit()
    with count_queries() as many:
        admin.get(url)
    assert len(few) == len(many)
