"""What changes about contacts: one is planned after a first sign-in, and people decline or ask for it."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.marketing import queries, services
from webapp.marketing.models import ContactState, MarketingContact

WORK, REMOVE = "marketing.add", "marketing.remove"


def welcome(user: User) -> None:
    """Plan to pass on the address of whoever signed in for the first time, late enough that they can decline before.

    Nothing is planned where the installation uses no service, and nothing twice.
    """
    if not services.chosen().name:
        return
    contact = MarketingContact(user_id=user.id)
    try:
        with db.collision_safe():
            db.session.add(contact)
    except IntegrityError:  # the same person in another tab
        return
    let_add(contact, after=timedelta(hours=settings.marketing_delay_hours))


def choose(user: User, *, wanted: bool, actor: Actor) -> None:
    """Let the person be a contact, at once, or not; who is one already stays so: the service has its own way out."""
    contact = queries.held(user)
    if contact is None:
        contact = _undecided(user)
    if contact.state in queries.PASSED_ON or wanted == queries.is_wanted(contact):
        return
    contact.problem, contact.attempts = "", 0
    if wanted:
        contact.state, contact.ended_at = ContactState.WAITING, None
        let_add(contact)
    else:
        contact.state, contact.ended_at = ContactState.DECLINED, utcnow()
    audit.record("user.choose_news" if wanted else "user.decline_news", user, actor)


def forget(user: User) -> None:
    """Let the service forget somebody whom we passed on, or tried to; a contact that it had before is not ours."""
    contact = queries.held(user)
    if contact is None or contact.state in {ContactState.KNOWN, ContactState.DECLINED}:
        return
    if contact.state is ContactState.ADDED or contact.attempts > 0:  # the service may have it
        contact.state, contact.problem, contact.ended_at = ContactState.REMOVING, "", None
        due.add(REMOVE, user_id=str(user.id))
    else:
        contact.state, contact.problem, contact.ended_at = ContactState.DROPPED, "person_gone", utcnow()


def _undecided(user: User) -> MarketingContact:
    """A row for somebody who signed in before there was a service; two at once make one."""
    contact = MarketingContact(user_id=user.id, state=ContactState.DECLINED)
    try:
        with db.collision_safe():
            db.session.add(contact)
    except IntegrityError:
        return queries.held(user) or contact
    return contact


def let_add(contact: MarketingContact, *, after: timedelta = timedelta(0)) -> None:
    """Let it be passed on after a while."""
    contact.due_at = db.clock(after.total_seconds())
    due.add(WORK, after=after, user_id=str(contact.user_id))
