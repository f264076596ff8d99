"""What mails keep about people: what they were written about, and what they chose not to get."""

from collections.abc import Iterator

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.audit import Actor
from webapp.core.db import db
from webapp.mails import service
from webapp.mails.models import Mail, MailChoice


def _mails(user: User) -> Iterator[Record]:
    rows = sa.select(Mail).where(Mail.user_id == user.id).order_by(Mail.id)
    for mail in db.session.scalars(rows):
        yield fields(mail, "kind", "about_id", "deadline", "state", "created_at", "ended_at")


def _choices(user: User) -> Iterator[Record]:
    rows = sa.select(MailChoice).where(MailChoice.user_id == user.id).order_by(MailChoice.topic)
    yield from (fields(row, "topic", "off_at") for row in db.session.scalars(rows))


def _forget(user: User, _actor: Actor) -> None:
    service.withdraw_all(user)
    db.session.execute(sa.delete(MailChoice).where(MailChoice.user_id == user.id))


MAILS = PersonalData({"mails": _mails, "mails_turned_off": _choices}, _forget)
