"""An admin says who is staff, and why; nobody their own role, so that an admin always remains."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.factories import trail
from tests.support.personas import Browser, browser, make_user, persona
from webapp.accounts.models import Staff, User
from webapp.core.db import db

ClientAs = Callable[[str], Browser]


def give(client: Browser, person: User, staff: str, **data: str) -> object:
    """Send the form as the page shows it, or with other values."""
    typed = {"seen": person.staff.value, "staff": staff, "reason": "joins the help desk"} | data
    return client.post(f"/people/{person.id}/staff", data=typed)


def test_a_role_is_given_with_a_reason_and_taken_again(client_as: ClientAs):
    person, admin = persona("member"), client_as("admin")
    answer = give(admin, person, "support")
    assert (answer.status_code, answer.location) == (303, f"/people/{person.id}/")
    assert person.staff is Staff.SUPPORT
    assert client_as("member").get("/telephony/calls/").status_code == 200
    give(admin, person, "none", reason="left it")
    assert person.staff is Staff.NONE
    assert client_as("member").get("/telephony/calls/").status_code == 403
    told = [(entry.user_id, entry.reason, entry.details["before"], entry.details["after"]) for entry in entries()]
    admin_id = persona("admin").id
    assert told == [(admin_id, "joins the help desk", "none", "support"), (admin_id, "left it", "support", "none")]


def entries() -> list[object]:
    return list(trail("user.set_staff"))


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": "\u202ex"}, {"reason": "x" * 201}, {"staff": "king"}])
def test_without_a_reason_that_can_be_read_or_with_no_such_role_nothing_changes(
    client_as: ClientAs, wrong: dict[str, str]
):
    person = persona("member")
    answer = give(client_as("admin"), person, **{"staff": "admin"} | wrong)
    assert answer.status_code == 422 and "<details open>" in answer.text
    assert person.staff is Staff.NONE and entries() == []


def test_nobody_changes_their_own_role_and_is_told_who_can(client_as: ClientAs):
    admin = persona("admin")
    answer = give(client_as("admin"), admin, "none")
    assert answer.status_code == 409 and "your own staff role. Ask another admin." in answer.text
    assert admin.staff is Staff.ADMIN and entries() == []
    page = client_as("admin").get(f"/people/{admin.id}/").text
    assert "another admin changes its role" in page and f"/people/{admin.id}/staff" not in page


def test_whoever_saw_another_role_than_there_is_now_is_told(client_as: ClientAs):
    person = persona("member")
    person.staff = Staff.ADMIN
    db.session.commit()
    answer = give(client_as("admin"), person, "support", seen="none")
    assert answer.status_code == 409 and "someone else changed the role" in answer.text
    assert person.staff is Staff.ADMIN and 'value="joins the help desk"' in answer.text


@pytest.mark.parametrize("verb", ["staff", "disable"])
def test_two_admins_who_act_on_each_other_at_once_leave_one(app: Flask, verb: str):
    both = [persona("admin"), make_user("second", staff=Staff.ADMIN)]
    asked = [
        (browser(app, me), f"/people/{other.id}/{verb}", {"email": other.email, "reason": "no longer needed"})
        for me, other in (both, both[::-1])
    ]
    seen = {"staff": {"seen": "admin", "staff": "none"}, "disable": {"seen": "0"}}[verb]
    db.session.commit()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each[0].post(each[1], data=each[2] | seen).status_code, asked))
    db.session.expire_all()
    able = sa.select(sa.func.count()).where(User.staff == Staff.ADMIN, User.disabled_at.is_(None))
    assert db.session.scalar(able) == 1
    assert answers.count(303) == 1 and set(answers) <= {302, 303, 403}  # 302: nobody is signed in any more


def test_where_the_sign_in_service_decides_the_page_says_so(client_as: ClientAs, change_settings: Callable[..., None]):
    person, words = persona("member"), "The sign-in service sets the role again"
    assert words not in client_as("admin").get(f"/people/{person.id}/").text
    change_settings(oidc_staff_claim="roles")
    assert words in client_as("admin").get(f"/people/{person.id}/").text
