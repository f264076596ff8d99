"""What is read of mails, and of what people chose."""

import uuid
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.mails.models import Mail, MailChoice, MailState


def person(user_id: uuid.UUID) -> User | None:
    """Whom a link names, if they are still known."""
    return db.session.get(User, user_id)


def turned_off(user: User) -> set[str]:
    """The topics that the person wants no mails of."""
    return set(db.session.scalars(sa.select(MailChoice.topic).where(MailChoice.user_id == user.id)))


def is_off(topic: str) -> sa.ColumnElement[bool]:
    """The condition that the person of the row wants no mails of the topic."""
    off = sa.select(MailChoice.user_id).where(MailChoice.user_id == User.id, MailChoice.topic == topic)
    return off.exists()


def about(about_id: uuid.UUID, kinds: Collection[str]) -> list[Mail]:
    """The mails of these kinds about one thing, oldest first."""
    found = sa.select(Mail).where(Mail.about_id == about_id, Mail.kind.in_(kinds)).order_by(Mail.id)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def one(kind: str, about_id: uuid.UUID, user: User, deadline: datetime | None = None) -> Mail | None:
    """The person's mail of this kind about a thing, and of this deadline if it has one, held for a change."""
    found = sa.select(Mail).where(
        Mail.about_id == about_id, Mail.user_id == user.id, Mail.kind == kind, Mail.deadline == deadline
    )
    return db.session.scalar(found.with_for_update().execution_options(populate_existing=True))


def failures(days: int = 7) -> Counter[str]:
    """Why mails of the last days were given up or refused, counted by their codes."""
    lost = (Mail.ended_at > utcnow() - timedelta(days=days), Mail.state.in_([MailState.GAVE_UP, MailState.REFUSED]))
    rows = db.session.execute(sa.select(Mail.problem, sa.func.count()).where(*lost).group_by(Mail.problem))
    return Counter({problem: count for problem, count in rows})  # noqa: C416 - rows are no pairs to a type checker
