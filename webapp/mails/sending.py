"""Mails are sent: each claimed before the server gets it, tried again for a day, and never twice by ourselves.

What was claimed and never confirmed is left as it is: nobody knows whether it arrived, and a person decides.
"""

import uuid
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.orm.attributes import set_committed_value

from webapp.accounts.models import User
from webapp.core import due, i18n, mail_values
from webapp.core.db import db, utcnow
from webapp.core.mail import Letter, NotTaken, Prospect, hand_over, message
from webapp.core.mail_values import Mailbox
from webapp.mails import kinds, links, queries, service
from webapp.mails.kinds import MailKind, Occasion, Unwanted
from webapp.mails.models import Mail, MailState

log = structlog.get_logger()

# A day and an hour in all; the first ones suit a server that wants to see again whom it does not know
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 360, 720)]
EARLY = 5  # seconds between the clocks of a mail and of its work
KEPT = timedelta(days=90)
NOT_CONFIRMED = "not_confirmed"

DONE = Counter("frontdesk_mails_total", "Mails by kind and result", ["kind", "result"])


def send(mail_id: str) -> None:
    """Send a mail whose time has come: the handler of due work. Commits.

    A mail that is being sent when this begins is one whose sender did not live to hear the answer.
    """
    mail = db.session.get(Mail, uuid.UUID(mail_id), populate_existing=True)
    if mail is not None and mail.state is MailState.SENDING and not mail.problem:
        _end(mail, MailState.SENDING, problem=NOT_CONFIRMED)
    is_due = mail is not None and mail.state is MailState.WAITING and _is_due(mail)
    db.session.commit()
    if mail is not None and is_due:
        _try(mail)


def _is_due(mail: Mail) -> bool:
    """Work that was done twice does not hurry it."""
    return db.session.scalar(sa.select(Mail.id).where(Mail.id == mail.id, Mail.due_at <= db.clock(EARLY))) is not None


def _try(mail: Mail) -> None:
    try:
        to, written = _written(mail)
    except Unwanted as reason:
        _end(mail, MailState.WITHDRAWN, problem=reason.code)
        return
    except NotTaken as refusal:
        _not_taken(mail, refusal)
        return
    except Exception as error:  # one letter that cannot be written must not be lost, nor tried for ever
        db.session.rollback()
        log.error("mail.failed", mail=str(mail.id), kind=mail.kind, code=type(error).__name__)
        _later(mail, "broken")
        return
    db.session.commit()
    try:
        taken = hand_over(written, to, partial(_claim, mail))
    except NotTaken as refusal:
        log.warning("mail.not_taken", mail=str(mail.id), kind=mail.kind, code=refusal.code)
        _not_taken(mail, refusal)
    else:
        if taken:
            _end(mail, MailState.SENT)


def _written(mail: Mail) -> tuple[Mailbox, EmailMessage]:
    """Whom it goes to, and the mail itself. Raises Unwanted, and NotTaken for an address that is none."""
    kind: MailKind | None = kinds.all_kinds().get(mail.kind)
    if kind is None:
        raise Unwanted("person_gone")
    occasion = kind.find(mail) if kind.find and mail.user_id is None else _of_account(kind, mail)
    try:
        to = mail_values.mailbox(occasion.reader.email)
    except ValueError:
        raise NotTaken("no_address", Prospect.NEVER) from None
    letter = written_for(kind, occasion)
    name = str(mail.id) + (f".{mail.again}" if mail.again else "")
    return to, message(letter, to, name, occasion.off_url)


def _of_account(kind: MailKind, mail: Mail) -> Occasion:
    """The person whose account the mail names, while they can sign in and want such mails. Raises Unwanted."""
    reader = db.session.get(User, mail.user_id, populate_existing=True) if mail.user_id else None
    if reader is None or not reader.is_active or reader.pending:
        raise Unwanted("person_gone")
    if kind.topic.name in queries.turned_off(reader):
        raise Unwanted("turned_off")
    return Occasion(reader, mail.about_id, mail.deadline, links.off_url(reader.id, kind.topic.name))


def written_for(kind: MailKind, occasion: Occasion, *, sample: bool = False) -> Letter:
    """The letter, in its reader's language and with their times. Raises Unwanted."""
    with i18n.spoken_to(occasion.reader.language, occasion.reader.timezone):
        return (kind.sample if sample else kind.write)(occasion)


def _claim(mail: Mail) -> bool:
    """Nobody else sends it from here on, now or ever again unasked. Commits."""
    claimed = _mine(mail).where(Mail.state == MailState.WAITING)
    values = {"state": MailState.SENDING, "attempts": mail.attempts + 1, "tried_at": utcnow(), "problem": ""}
    taken = db.changed(claimed.values(**values))
    db.session.commit()
    if taken:
        set_committed_value(mail, "attempts", mail.attempts + 1)
        set_committed_value(mail, "state", MailState.SENDING)
    return bool(taken)


def _not_taken(mail: Mail, refusal: NotTaken) -> None:
    if refusal.prospect is Prospect.UNKNOWN:
        _end(mail, MailState.SENDING, problem=refusal.code)
    elif refusal.prospect is Prospect.NEVER:
        _end(mail, MailState.REFUSED, problem=refusal.code)
    else:
        _later(mail, refusal.code)


def _later(mail: Mail, problem: str) -> None:
    """Try again after a while, or give up. Commits."""
    tries = mail.attempts + (mail.state is MailState.WAITING)  # one that was claimed is counted already
    if tries > len(PAUSES):
        _end(mail, MailState.GAVE_UP, problem=problem)
        return
    pause = PAUSES[tries - 1]
    values = {"state": MailState.WAITING, "attempts": tries, "problem": problem}
    if db.changed(_mine(mail).values(due_at=db.clock(pause.total_seconds()), **values)):
        due.add(service.WORK, after=pause, mail_id=str(mail.id))
    db.session.commit()


def _end(mail: Mail, state: MailState, problem: str = "") -> None:
    """Write down how it went, unless somebody decided otherwise meanwhile. Commits."""
    values: dict[str, Any] = {"state": state, "problem": problem}
    if state is not MailState.SENDING:
        values["ended_at"] = utcnow()
    if db.changed(_mine(mail).values(**values)):
        result = "not_confirmed" if state is MailState.SENDING else state.value
        DONE.labels(mail.kind, result).inc()
    db.session.commit()


def _mine(mail: Mail) -> sa.Update:
    """The row as it was when this began, or as the claim left it."""
    same = (Mail.id == mail.id, Mail.state == mail.state, Mail.attempts == mail.attempts)
    return sa.update(Mail).where(*same).execution_options(synchronize_session=False)


def purge() -> int:
    """Forget mails that ended long ago, and those that nobody confirmed since; returns how many. Commits."""
    before = utcnow() - KEPT
    left = sa.and_(Mail.state == MailState.SENDING, Mail.tried_at < before)
    return db.purge(Mail, sa.or_(Mail.ended_at < before, left))
