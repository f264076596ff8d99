"""Sessions: listed to their owner, ended by a button, dead at once when the person is shut out."""

import uuid

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests.support.personas import SWAP, browser, make_user
from tests.support.sign_in import Person
from webapp.accounts import service, sessions
from webapp.accounts.jobs import purge_sessions
from webapp.accounts.models import User, UserSession
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow


@pytest.fixture
def owner(app: Flask) -> User:
    return make_user("owner")


def ids(user: User) -> list[uuid.UUID]:
    return list(db.session.scalars(sa.select(UserSession.id).filter_by(user_id=user.id).order_by(UserSession.id)))


def last_action() -> str:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))[-1]


def test_the_account_page_lists_my_sign_ins_and_marks_this_one(app: Flask, owner: User):
    here, there = browser(app, owner), browser(app, owner)
    page = here.get("/account/").text
    assert page.count('/end"') >= 1 and page.count("This browser") == 1
    assert there.get("/account/").status_code == 200


def test_ending_another_sign_in_ends_it_at_once(app: Flask, owner: User):
    here, there = browser(app, owner), browser(app, owner)
    other = ids(owner)[1]
    answer = here.post(f"/account/sessions/{other}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/")
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert last_action() == "user.end_session"


def test_inside_a_swap_the_list_comes_back_without_it(app: Flask, owner: User):
    here = browser(app, owner)
    browser(app, owner)
    other = ids(owner)[1]
    answer = here.post(f"/account/sessions/{other}/end", headers=SWAP)
    assert answer.status_code == 200 and 'id="sessions"' in answer.text
    assert str(other) not in answer.text and "<html" not in answer.text


def test_nobody_ends_somebody_elses_sign_in(app: Flask, owner: User):
    browser(app, owner)
    stranger = browser(app, make_user("stranger"))
    assert stranger.post(f"/account/sessions/{ids(owner)[0]}/end").status_code == 404
    assert stranger.post(f"/account/sessions/{uuid.uuid4()}/end").status_code == 404
    assert len(ids(owner)) == 1


def test_all_others_can_be_ended_together(app: Flask, owner: User):
    here = browser(app, owner)
    others = [browser(app, owner) for _ in range(3)]
    assert here.post("/account/sessions/end-others").status_code == 303
    assert here.get("/account/").status_code == 200
    assert [other.get("/account/").status_code for other in others] == [302] * 3
    assert last_action() == "user.end_other_sessions"


def test_a_disabled_persons_sessions_die_at_once_and_do_not_come_back(app: Flask, owner: User):
    here = browser(app, owner)
    service.disable(owner, actor=Actor.system())
    db.session.commit()
    assert here.get("/account/").status_code == 302
    service.enable(owner, actor=Actor.system())
    db.session.commit()
    assert here.get("/account/").status_code == 302


def test_a_deleted_persons_sessions_die_at_once(app: Flask, owner: User):
    here = browser(app, owner)
    db.session.execute(sa.delete(User).where(User.id == owner.id))
    db.session.commit()
    assert here.get("/account/").status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(UserSession.id))) == 0


def test_a_sign_in_ends_by_itself_and_is_forgotten(app: Flask, owner: User):
    here = browser(app, owner)
    with time_machine.travel(utcnow().timestamp() + 13 * 3600):
        assert here.get("/account/").status_code == 302
        purge_sessions()
    assert ids(owner) == []


def test_the_database_does_not_hold_what_the_cookie_holds(person: Person):
    person.sign_in()
    with person.here.session_transaction() as cookie:
        token = cookie[sessions.COOKIE_KEY]
    row = db.session.scalars(sa.select(UserSession)).one()
    assert token not in (row.token_hash, str(row.id)) and row.token_hash == sessions.hashed(token)
