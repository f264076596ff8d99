"""Whoever is forgotten here is forgotten by the service, too: the contact that we made is deleted, and no other."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from tests.support.brevo import TOO_MANY, Brevo
from tests.support.personas import make_user, persona
from webapp.accounts import personal
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.marketing import service
from webapp.marketing.models import ContactState, MarketingContact

EMAIL = "anouk@frontdesk.example"


def welcomed() -> User:
    """Somebody who signed in for the first time a moment ago."""
    user = make_user("anouk")
    service.welcome(user)
    db.session.commit()
    return user


def later() -> None:
    """As if the time of everything that waits had come, and do it."""
    db.session.rollback()
    past = utcnow() - timedelta(minutes=1)
    db.session.execute(sa.update(DueWork).where(work.OPEN).values(due_at=past))
    db.session.execute(sa.update(MarketingContact).values(due_at=past))
    db.session.commit()
    work.run_due(register.HANDLERS)


def forget(user: User) -> None:
    personal.forget(user, actor=Actor.user(persona("admin")), reason="asked for it")
    db.session.commit()


def state(user: User) -> ContactState:
    db.session.rollback()
    return db.session.get_one(MarketingContact, user.id, populate_existing=True).state


def test_the_contact_that_we_made_is_deleted_by_the_name_that_we_gave_it(account: Brevo):
    user = welcomed()
    later()
    assert account.contacts == {EMAIL: [7]}
    forget(user)
    assert state(user) is ContactState.REMOVING
    later()
    assert (account.contacts, state(user)) == ({}, ContactState.REMOVED)


def test_a_contact_that_was_there_before_stays_for_it_is_not_ours(account: Brevo):
    account.contacts[EMAIL] = [36]
    user = welcomed()
    later()
    forget(user)
    later()
    assert (account.contacts, state(user)) == ({EMAIL: [36]}, ContactState.KNOWN)


def test_whoever_was_not_passed_on_yet_never_is(account: Brevo):
    user = welcomed()
    forget(user)
    later()
    assert (account.asked, account.contacts, state(user)) == ([], {}, ContactState.DROPPED)


def test_a_service_that_is_busy_is_asked_again_until_it_has_let_go(account: Brevo):
    user = welcomed()
    later()
    forget(user)
    account.answers = [TOO_MANY, (502, None)]
    for _round in range(2):
        later()
        assert state(user) is ContactState.REMOVING
    later()
    assert (account.contacts, state(user)) == ({}, ContactState.REMOVED)


def test_while_no_service_is_set_it_stays_due_and_says_so(account: Brevo, change_settings: Callable[..., None]):
    user = welcomed()
    later()
    forget(user)
    change_settings(marketing="")
    later()
    found = db.session.scalars(sa.select(DueWork).where(DueWork.kind == service.REMOVE)).one()
    assert (state(user), found.problem, found.done_at) == (ContactState.REMOVING, "no_service", None)


def test_whoever_is_forgotten_while_the_service_is_told_of_them_is_let_go_again(app: Flask, account: Brevo):
    user, admin = welcomed(), persona("admin")
    db.session.commit()

    def forget_meanwhile() -> None:
        with app.app_context():
            personal.forget(db.session.get_one(User, user.id), actor=Actor.user(admin), reason="asked for it")
            db.session.commit()

    account.meanwhile = forget_meanwhile
    later()
    assert (account.contacts, state(user)) == ({EMAIL: [7]}, ContactState.REMOVING)
    later()
    assert (account.contacts, state(user)) == ({}, ContactState.REMOVED)
