"""What is read of people, their sign-ins and what they revealed."""

import uuid
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.accounts.models import Staff, User, UserSession
from webapp.audit import queries as audit_queries
from webapp.audit import sentences
from webapp.audit.models import REVEALED, AuditEntry
from webapp.audit.sentences import Deed
from webapp.core.db import db, utcnow

ABLE = sa.and_(User.disabled_at.is_(None), User.sub.is_not(None))  # who has signed in before and still can


def by_sub(sub: str) -> User | None:
    """The person whom the provider calls so, held for a change."""
    person = sa.select(User).where(User.sub == sub).with_for_update()
    return db.session.scalar(person.execution_options(populate_existing=True))


def by_id(user_id: uuid.UUID) -> User | None:
    """One person."""
    return db.session.get(User, user_id)


def by_id_for(user_id: uuid.UUID, changer: User) -> User | None:
    """One person for a change by another; both are held until the commit, and as new as the lock.

    Held in one order, so that two who change each other follow one another. Asked for by their keys alone: PostgreSQL
    leaves out a row that it waited for and that no longer is what was asked for.
    """
    people = sa.select(User).where(User.id.in_([user_id, changer.id])).order_by(User.id)
    held = db.session.scalars(people.with_for_update().execution_options(populate_existing=True))
    return next((each for each in held.all() if each.id == user_id), None)


def by_email(email: str) -> list[User]:
    """Everybody with exactly that address, capitals aside, the last to sign in first; pending people come last.

    Whoever was forgotten has no address, and is found by none.
    """
    people = sa.select(User).where(User.email == email.strip().lower(), User.forgotten_at.is_(None))
    return list(db.session.scalars(people.order_by(User.last_sign_in_at.desc().nulls_last(), User.id)))


def person(email: str) -> User | None:
    """Whoever last signed in with exactly this address, else the pending user who waits for that."""
    return next(iter(by_email(email)), None)


def sessions_of(user: User) -> list[UserSession]:
    """The sign-ins of a person that still hold, the one seen last first."""
    sign_ins = (
        sa.select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.expires_at > utcnow())
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )
    return list(db.session.scalars(sign_ins))


def session(session_id: uuid.UUID) -> UserSession | None:
    """One sign-in, whoever's it is."""
    return db.session.get(UserSession, session_id)


def reveals_of(user: User, limit: int = 50) -> list[AuditEntry]:
    """Where the person revealed a number or a PIN, newest first."""
    entries = (
        sa.select(AuditEntry)
        .options(joinedload(AuditEntry.user))
        .where(AuditEntry.user_id == user.id, sa.text(REVEALED))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(entries))


def staff() -> list[User]:
    """Everybody with a staff role, and everybody disabled."""
    listed = sa.or_(User.staff != Staff.NONE, User.disabled_at.is_not(None)), User.forgotten_at.is_(None)
    return list(db.session.scalars(sa.select(User).where(*listed).order_by(User.email)))


def deeds(
    entries: Sequence[AuditEntry],
    rooms: Mapping[uuid.UUID, str] | None = None,
    things: Mapping[tuple[str, str], str] | None = None,
) -> list[Deed]:
    """The entries of the trail as sentences, with the names of those to whom the deeds were done.

    The rooms' names are needed where entries of more than one are read.
    """
    return sentences.deeds(entries, sentences.TrailNames(names(audit_queries.people(entries)), rooms, things or {}))


def names(ids: Collection[uuid.UUID]) -> dict[str, str]:
    """What these people are called, by their id as text."""
    if not ids:
        return {}
    return {str(user.id): user.name for user in db.session.scalars(sa.select(User).where(User.id.in_(ids)))}
