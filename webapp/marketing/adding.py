"""Contacts are passed on: tried again for a day, then given up in the open, and never seen by the person."""

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.due import NotYet
from webapp.marketing import queries, service, services
from webapp.marketing.models import ContactState, MarketingContact
from webapp.marketing.services import NotAdded

log = structlog.get_logger()

PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 360, 600)]  # a day in all
LET_GO = (ContactState.DROPPED, ContactState.REMOVING, ContactState.REMOVED)
EARLY = 5  # seconds between the clocks of a contact and of its work

DONE = Counter("frontdesk_marketing_contacts_total", "Contacts for the marketing service by result", ["result"])


def add(user_id: str) -> None:
    """Pass on the address of a person whose time has come: the handler of due work. Commits.

    The service is asked outside of any transaction; whoever dies while asking is followed by one who asks again.
    """
    key = uuid.UUID(user_id)
    due_now = MarketingContact.due_at <= db.clock(EARLY)  # work that was done twice does not hurry it
    waiting = sa.select(User, MarketingContact.attempts).join(MarketingContact, MarketingContact.user_id == User.id)
    waiting = waiting.where(User.id == key, MarketingContact.state == ContactState.WAITING, due_now)
    row = db.session.execute(waiting.execution_options(populate_existing=True)).one_or_none()
    if row is not None:
        user, attempts = row
        address, gone = user.email, not user.is_active or user.pending
        db.session.commit()
        _pass_on(key, attempts, "" if gone else address)
    db.session.commit()


def _pass_on(key: uuid.UUID, attempts: int, address: str) -> None:
    chosen = services.chosen()
    if not address or not chosen.name:
        _end(key, attempts, ContactState.DROPPED, "person_gone" if chosen.name else "no_service")
        return
    try:
        new = chosen.add(address, key)
    except NotAdded as refusal:
        log.warning("marketing.not_added", person=str(key), code=refusal.code)
        _later(key, attempts, refusal.code)
    else:
        _end(key, attempts, ContactState.ADDED if new else ContactState.KNOWN)


def remove(user_id: str) -> None:
    """Let the service forget somebody whom we forgot: the handler of due work. Commits.

    Raises NotYet to be tried again; what is given up stands among the jobs, and is tried again from there.
    """
    key = uuid.UUID(user_id)
    chosen = services.chosen()
    db.session.commit()
    if not chosen.name:
        raise NotYet("no_service")
    try:
        chosen.remove(key)
    except NotAdded as refusal:
        raise NotYet(refusal.code) from None
    theirs = (MarketingContact.user_id == key, MarketingContact.state == ContactState.REMOVING)
    if db.changed(sa.update(MarketingContact).where(*theirs).values(state=ContactState.REMOVED, ended_at=utcnow())):
        DONE.labels(ContactState.REMOVED.value).inc()
    db.session.commit()


def _later(key: uuid.UUID, attempts: int, problem: str) -> None:
    """Try again after a while, or give up. Commits."""
    if attempts >= len(PAUSES):
        _end(key, attempts, ContactState.GAVE_UP, problem)
        return
    pause = PAUSES[attempts]
    values = {"attempts": attempts + 1, "problem": problem, "due_at": db.clock(pause.total_seconds())}
    if db.changed(_mine(key, attempts).values(**values)):
        due.add(service.WORK, after=pause, user_id=str(key))
        DONE.labels("failed").inc()
    db.session.commit()


def _end(key: uuid.UUID, attempts: int, state: ContactState, problem: str = "") -> None:
    """Write down how it went, unless the person declined meanwhile and the service has nothing of them. Commits."""
    values: dict[str, Any] = {"state": state, "problem": problem, "ended_at": utcnow()}
    passed_on = state in queries.PASSED_ON
    theirs = sa.update(MarketingContact).where(MarketingContact.user_id == key, MarketingContact.state.not_in(LET_GO))
    changed = theirs.execution_options(synchronize_session=False) if passed_on else _mine(key, attempts)
    if db.changed(changed.values(**values)):
        DONE.labels(state.value).inc()
        user = db.session.get(User, key)
        if passed_on and user is not None:
            audit.record("user.pass_on_address", user, Actor.system(), person=str(key))
    elif state is ContactState.ADDED:
        _let_go_again(key)
    db.session.commit()


def _let_go_again(key: uuid.UUID) -> None:
    """The person was forgotten while the service was being told of them."""
    row = sa.update(MarketingContact).where(MarketingContact.user_id == key)
    values: dict[str, Any] = {"state": ContactState.REMOVING, "problem": "", "ended_at": None}
    if db.changed(row.values(**values).execution_options(synchronize_session=False)):
        due.add(service.REMOVE, user_id=str(key))


def _mine(key: uuid.UUID, attempts: int) -> sa.Update:
    """The row as it was when this began."""
    same = (
        MarketingContact.user_id == key,
        MarketingContact.state == ContactState.WAITING,
        MarketingContact.attempts == attempts,
    )
    return sa.update(MarketingContact).where(*same).execution_options(synchronize_session=False)
