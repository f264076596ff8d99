"""`flask users`: people by their exact address."""

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from tests.support.factories import make_room
from tests.support.personas import browser, make_user
from tests.support.sign_in import Person
from webapp.access import service as access
from webapp.accounts.models import Staff, User
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms import service
from webapp.rooms.models import Role


def run(app: Flask, *words: str) -> Result:
    db.session.commit()
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["users", *words])
    db.session.expire_all()
    return result


@pytest.fixture
def owner(app: Flask) -> User:
    return make_user("owner")


def test_a_role_is_set_by_exact_address_and_audited(app: Flask, owner: User):
    result = run(app, "set-role", "Owner@frontdesk.example", "admin")
    assert result.exit_code == 0 and "admin" in result.output
    assert owner.staff is Staff.ADMIN
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.details["before"], entry.details["after"]) == ("user.set_staff", "none", "admin")


def test_a_role_set_twice_is_written_once(app: Flask, owner: User):
    for _ in range(2):
        assert run(app, "set-role", owner.email, "support").exit_code == 0
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1


@pytest.mark.parametrize("words", [("set-role", "owner@frontdesk.example", "king"), ("show", "own"), ("disable", "x")])
def test_an_unknown_role_or_address_is_refused(app: Flask, owner: User, words: tuple[str, ...]):
    assert run(app, *words).exit_code != 0
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 0


def test_disabling_ends_the_sign_ins_and_enabling_lets_in_again(app: Flask, owner: User):
    here = browser(app, owner)
    assert "disabled" in run(app, "disable", owner.email).output
    assert here.get("/account/").status_code == 302
    assert "active" in run(app, "enable", owner.email).output
    assert browser(app, owner).get("/account/").status_code == 200


def test_only_staff_and_disabled_people_are_listed(app: Flask, owner: User):
    make_user("admin", staff=Staff.ADMIN)
    listed = run(app, "list").output
    assert "admin@frontdesk.example" in listed and "owner@frontdesk.example" not in listed
    assert "none\tactive\tlast sign-in never" in run(app, "show", owner.email).output


def test_a_released_account_goes_to_the_next_verified_sign_in(app: Flask, person: Person):
    old = make_user("mirela")
    assert person.sign_in("member").status_code == 403
    released = run(app, "release", old.email)
    assert released.exit_code == 0 and "may be another person" in released.stderr
    assert person.sign_in("member").status_code == 303
    assert db.session.scalars(sa.select(User.id).filter_by(sub="dev|member")).one() == old.id


def test_disabling_the_last_owner_says_how_many_rooms_nobody_manages_any_more(app: Flask, owner: User):
    alone, shared, with_pending = make_room(owner), make_room(owner), make_room(owner)
    make_user("later", pending=True)
    for room, email in ((shared, make_user("second").email), (with_pending, "later@frontdesk.example")):
        access.grant(room, actor=Actor.system(), email=email, role=Role.OWNER)
    service.delete(make_room(owner), actor=Actor.system())
    result = run(app, "disable", owner.email)
    assert result.exit_code == 0 and "disabled" in result.output
    assert "Warning: 2 rooms have no other owner who can sign in." in result.stderr
    assert str(owner.id) in result.stderr and alone.name not in result.output


def test_disabling_somebody_whose_rooms_have_another_owner_warns_of_nothing(app: Flask, owner: User):
    access.grant(make_room(owner), actor=Actor.system(), email=make_user("second").email, role=Role.OWNER)
    assert run(app, "disable", owner.email).stderr == ""
