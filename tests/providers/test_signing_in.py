"""Sign-in at providers that we did not write: what holds at each of them."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.foreign_providers import ForeignProvider
from tests.support.personas import make_user
from tests.support.sign_in import Person
from webapp.accounts import metadata
from webapp.accounts.models import Staff, User
from webapp.core.db import db

ADDRESS = "ada@frontdesk.example"


@pytest.fixture(params=["npm", "iam"])
def provider(request: pytest.FixtureRequest, at: Callable[[ForeignProvider], None]) -> ForeignProvider:
    """Each of them, with one person."""
    chosen: ForeignProvider = request.getfixturevalue(request.param)
    at(chosen)
    if request.param == "npm":
        chosen.serve()
    chosen.meet("ada", ADDRESS)
    return chosen


def everybody() -> list[User]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(User).order_by(User.created_at)))


def test_what_it_says_of_itself_is_enough_to_sign_in(provider: ForeignProvider, person: Person):
    assert person.sign_in_through().status_code == 303
    assert person.is_in()
    (ada,) = everybody()
    assert (ada.sub, ada.email, ada.full_name, ada.staff) == ("ada", ADDRESS, "Ada King", Staff.NONE)


def test_who_comes_again_is_the_same_person(provider: ForeignProvider, app: Flask):
    for person in (Person(app), Person(app)):
        assert person.sign_in_through().status_code == 303
    assert len(everybody()) == 1


def test_its_groups_give_the_role(provider: ForeignProvider, person: Person):
    provider.meet("grace", "grace@frontdesk.example", "staff", "frontdesk-admin")
    assert person.sign_in_through().status_code == 303
    assert everybody()[0].staff is Staff.ADMIN


def test_keys_that_it_changes_between_two_sign_ins_are_found(provider: ForeignProvider, app: Flask):
    assert Person(app).sign_in_through().status_code == 303
    before = {key["kid"] for key in metadata.signing_keys()}
    provider.become(rotate=True)
    assert Person(app).sign_in_through().status_code == 303
    assert before.isdisjoint(key["kid"] for key in metadata.signing_keys())


def test_a_code_works_once(provider: ForeignProvider, person: Person):
    location = person.through(person.here.get("/sign-in").headers["Location"])
    with person.here.session_transaction() as cookie:
        begun = dict(cookie)
    assert person.follow(location).status_code == 303
    with person.here.session_transaction() as cookie:
        cookie.clear()
        cookie.update(begun)
    assert person.follow(location).status_code == 400
    assert not person.is_in()


def test_a_new_identifier_with_the_same_address_is_refused_as_perhaps_another_person(
    provider: ForeignProvider, person: Person, app: Flask
):
    Person(app).sign_in_through()
    provider.meet("ada-2", ADDRESS)
    answer = person.sign_in_through()
    assert answer.status_code == 403 and "may be another person" in answer.text
    assert not person.is_in()
    assert [user.sub for user in everybody()] == ["ada"]


def test_a_new_address_is_followed(provider: ForeignProvider, person: Person, app: Flask):
    Person(app).sign_in_through()
    provider.meet("ada", "a.king@frontdesk.example")
    assert person.sign_in_through().status_code == 303
    assert [user.email for user in everybody()] == ["a.king@frontdesk.example"]


def test_a_person_who_was_invited_is_known_by_the_address(provider: ForeignProvider, person: Person):
    invited = make_user("ada", pending=True)
    assert person.sign_in_through().status_code == 303
    (ada,) = everybody()
    assert (ada.id, ada.pending) == (invited.id, False)


def test_the_secret_of_another_is_told_apart(
    provider: ForeignProvider, person: Person, configure: Callable[..., None], app: Flask
):
    configure(oidc_client_secret=type(app.extensions["frontdesk.settings"].oidc_client_secret)("not-the-secret"))
    answer = person.sign_in_through()
    assert (answer.status_code, "doesn't accept this site" in answer.text) == (502, True)


def test_who_signs_out_leaves_it_too_and_comes_back(provider: ForeignProvider, person: Person):
    person.sign_in_through()
    page = person.sign_out_through()
    assert (page.status_code, "signed out of" in page.text) == (200, True)
    assert not person.is_in()
