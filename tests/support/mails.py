"""What tests look at in mails that are on their way."""

import re
from datetime import timedelta
from email.message import EmailMessage

import sqlalchemy as sa

from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.mails.models import Mail


def sent_mails() -> list[Mail]:
    """The rows as the database has them now, oldest first."""
    db.session.rollback()
    found = sa.select(Mail).order_by(Mail.id).execution_options(populate_existing=True)
    rows = list(db.session.scalars(found))
    db.session.commit()
    return rows


def states() -> list[tuple[str, str]]:
    """The state of each, and why."""
    return [(mail.state.value, mail.problem) for mail in sent_mails()]


def work_off() -> None:
    """Do the work that is due now."""
    db.session.commit()
    work.run_due(register.HANDLERS)


def later() -> None:
    """As if the time of everything that waits had come, and do it."""
    past = utcnow() - timedelta(minutes=1)
    db.session.execute(sa.update(DueWork).where(work.OPEN).values(due_at=past))
    db.session.execute(sa.update(Mail).values(due_at=past))
    work_off()


def part(mail: EmailMessage, kind: str) -> str:
    """The text (plain) or the page (html) of a mail."""
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def links(mail: EmailMessage) -> list[str]:
    """The addresses that its page leads to."""
    return re.findall(r'href="([^"]+)"', part(mail, "html"))
