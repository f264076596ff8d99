"""A room has at least one owner, whoever presses what at once."""

from collections.abc import Callable

import pytest

from tests.support.access_lists import at_once, named, roles, row_url, url
from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.access import service
from webapp.accounts import service as accounts
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms.models import Role, Room

As = Callable[[str], Browser]
SENTENCE = "A room needs at least one owner. Make someone else an owner first."


@pytest.fixture
def two_owners(room: Room) -> Room:
    """The personas' room, which `stranger` owns too."""
    service.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.OWNER)
    db.session.commit()
    return room


@pytest.mark.parametrize(("verb", "form"), [("/revoke", {}), ("", {"role": "member"})])
def test_the_last_owner_is_neither_taken_away_nor_made_less(client_as: As, room: Room, verb: str, form: dict[str, str]):
    answer = client_as("owner").post(row_url(room, "owner", verb), data=form, headers=SWAP)
    assert answer.status_code == 409 and SENTENCE in answer.text
    assert roles(room)["owner"] is Role.OWNER


def test_an_admin_cannot_either(client_as: As, room: Room):
    assert client_as("admin").post(row_url(room, "owner", "/revoke")).status_code == 409
    assert roles(room)["owner"] is Role.OWNER


def test_the_last_owner_does_not_leave_and_reads_what_to_do(client_as: As, room: Room):
    answer = client_as("owner").post(url(room, "leave"), follow_redirects=True)
    assert "You&#39;re the only owner. Make someone else an owner first, or delete the room." in answer.text
    assert roles(room)["owner"] is Role.OWNER


def test_one_of_two_owners_may_go(client_as: As, two_owners: Room):
    assert client_as("owner").post(url(two_owners, "leave")).location == "/rooms/"
    assert roles(two_owners)["stranger"] is Role.OWNER


@pytest.mark.parametrize("_round", range(3))
def test_of_two_owners_who_remove_each_other_at_once_one_stays(client_as: As, two_owners: Room, _round: int):
    first, second = row_url(two_owners, "stranger", "/revoke"), row_url(two_owners, "owner", "/revoke")
    answers = at_once((client_as("owner"), first, {}), (client_as("stranger"), second, {}))
    # whoever came second has lost the role by then, and with it the knowledge that the room exists
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert list(roles(two_owners).values()).count(Role.OWNER) == 1


@pytest.mark.parametrize("_round", range(3))
def test_of_two_owners_who_step_down_at_once_one_stays(client_as: As, two_owners: Room, _round: int):
    less = {"role": "administrator"}
    deeds = [(client_as(who), row_url(two_owners, who), less) for who in ("owner", "stranger")]
    answers = at_once(*deeds)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert list(roles(two_owners).values()).count(Role.OWNER) == 1
    assert SENTENCE in next(answer.text for answer in answers if answer.status_code == 409)


@pytest.mark.parametrize("_round", range(3))
def test_of_two_owners_who_leave_at_once_one_stays(client_as: As, two_owners: Room, _round: int):
    at_once(*((client_as(who), url(two_owners, "leave"), {}) for who in ("owner", "stranger")))
    assert list(roles(two_owners).values()).count(Role.OWNER) == 1


def test_one_person_given_a_role_by_two_at_once_has_it_once(client_as: As, room: Room):
    persona("stranger")
    forms = [{"email": persona("stranger").email, "role": role} for role in ("member", "administrator")]
    answers = at_once(
        (client_as("owner"), url(room), forms[0]),
        (client_as("administrator"), url(room), forms[1]),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert roles(room)["stranger"] in {Role.MEMBER, Role.ADMINISTRATOR}


@pytest.fixture(params=["disabled", "pending"])
def absent(request: pytest.FixtureRequest, two_owners: Room) -> Room:
    """A room whose other owner cannot sign in (any more, or yet)."""
    other = persona("stranger")
    if request.param == "disabled":
        accounts.disable(other, actor=Actor.system())
    else:
        accounts.release(other, actor=Actor.system())
    db.session.commit()
    return two_owners


@pytest.mark.parametrize(("verb", "form"), [("/revoke", {}), ("", {"role": "member"})])
def test_an_owner_who_cannot_sign_in_does_not_count_as_the_last(
    client_as: As, absent: Room, verb: str, form: dict[str, str]
):
    answer = client_as("owner").post(row_url(absent, "owner", verb), data=form, headers=SWAP)
    assert answer.status_code == 409 and "disabled don&#39;t count" in answer.text
    assert roles(absent)["owner"] is Role.OWNER


def test_who_owns_beside_somebody_who_cannot_sign_in_does_not_leave(client_as: As, absent: Room):
    answer = client_as("owner").post(url(absent, "leave"), follow_redirects=True)
    assert "You&#39;re the only owner." in answer.text and "disabled don&#39;t count" in answer.text
    assert roles(absent)["owner"] is Role.OWNER


def test_an_owner_who_cannot_sign_in_may_be_taken_away(client_as: As, absent: Room):
    assert client_as("owner").post(row_url(absent, "stranger", "/revoke"), headers=SWAP).status_code == 200
    assert set(roles(absent)) == {"owner", "administrator", "member"}


def test_nobody_hands_a_room_to_a_person_who_cannot_sign_in(client_as: As, absent: Room):
    owner, where = client_as("owner"), row_url(absent, "stranger", "/transfer")
    assert (
        where not in owner.get(url(absent)).text
        and row_url(absent, "member", "/transfer") in owner.get(url(absent)).text
    )
    swap, page = owner.post(where, data=named(absent), headers=SWAP), owner.post(where, data=named(absent))
    assert (swap.status_code, page.status_code) == (409, 409)
    assert "Only someone who has signed in" in swap.text and "<html" in page.text
    assert roles(absent)["owner"] is Role.OWNER and trail("access.transfer") == []


def test_an_admin_hands_on_the_room_of_a_disabled_owner(client_as: As, room: Room):
    accounts.disable(persona("owner"), actor=Actor.system())
    assert client_as("admin").post(row_url(room, "owner", "/revoke"), headers=SWAP).status_code == 409
    assert (
        client_as("admin").post(row_url(room, "member", "/transfer"), data=named(room), headers=SWAP).status_code == 200
    )
    assert roles(room)["member"] is Role.OWNER
