"""What changes mails: planned once for each occasion, withdrawn, sent again; and what people choose."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.mails import kinds, queries
from webapp.mails.models import Mail, MailChoice, MailState

WORK = "mails.send"
CONFIRMS = timedelta(minutes=10)  # a mail that was being sent so long ago is no longer: its process has ended
REST = timedelta(minutes=5)  # between two sendings that somebody asked for


class NotNow(Exception):
    """The mail is on its way, or went a moment ago."""


def post(
    kind: str,
    user_id: uuid.UUID,
    about_id: uuid.UUID,
    *,
    deadline: datetime | None = None,
    after: timedelta = timedelta(0),
) -> Mail | None:
    """Let a person be written to, once for each thing and deadline; None when that was planned before.

    What was withdrawn has its reason again when it is planned again. It goes `after` a while, for what may be undone.
    """
    occasion = f":{deadline.isoformat()}" if deadline is not None else ""
    key = f"{kind}:{about_id}:{user_id}{occasion}"
    planned = db.session.scalar(sa.select(Mail).where(Mail.key == key).with_for_update())
    if planned is not None:
        return _revived(planned, after) if planned.state is MailState.WITHDRAWN else None
    mail = Mail(kind=kind, user_id=user_id, about_id=about_id, deadline=deadline, key=key)
    try:
        with db.collision_safe():
            db.session.add(mail)
    except IntegrityError:  # somebody else planned it a moment ago
        return None
    _let_send(mail, after)
    return mail


def post_to_address(kind: str, about_id: uuid.UUID, *, after: timedelta = timedelta(0)) -> Mail:
    """Let whoever `about_id` names be written to, with an account or without; it names each occasion but once.

    What was withdrawn, as of an undone removal, has its reason again when it is planned again.
    """
    withdrawn = sa.select(Mail).where(Mail.key == f"{kind}:{about_id}", Mail.state == MailState.WITHDRAWN)
    planned = db.session.scalar(withdrawn.with_for_update())
    if planned is not None:
        return _revived(planned, after)
    mail = Mail(kind=kind, about_id=about_id, key=f"{kind}:{about_id}")
    db.session.add(mail)
    db.session.flush()
    _let_send(mail, after)
    return mail


def _revived(mail: Mail, after: timedelta = timedelta(0)) -> Mail:
    mail.state, mail.problem, mail.attempts, mail.ended_at = MailState.WAITING, "", 0, None
    _let_send(mail, after)
    return mail


def withdraw(
    about_id: uuid.UUID, names: Collection[str], *, but: datetime | None = None, problem: str = "changed"
) -> None:
    """Let the mails of these kinds about a thing that wait stay unsent, except those of the deadline `but`."""
    which = [Mail.about_id == about_id, Mail.kind.in_(names)]
    if but is not None:
        which.append(Mail.deadline != but)
    _withdraw(problem, *which)


def withdraw_all(user: User) -> None:
    """Let what waits for somebody who is forgotten stay unsent."""
    _withdraw("person_gone", Mail.user_id == user.id)


def _withdraw(problem: str, *which: sa.ColumnElement[bool]) -> None:
    waiting = sa.update(Mail).where(Mail.state == MailState.WAITING, *which)
    values = {"state": MailState.WITHDRAWN, "problem": problem, "ended_at": utcnow()}
    db.session.execute(waiting.values(**values), execution_options={"synchronize_session": False})


def send_again(mail: Mail) -> None:
    """Let a mail that came to its end be sent once more; the row is locked. Raises NotNow.

    One that nobody confirmed keeps its name on the wire: a server that has it already can tell.
    """
    if too_soon(mail):
        raise NotNow
    mail.again += mail.state is not MailState.SENDING
    _revived(mail)


def too_soon(mail: Mail) -> bool:
    """The mail is on its way, or went a moment ago: nobody needs another one yet."""
    now = utcnow()
    if mail.state is MailState.WAITING or (mail.state is MailState.SENDING and not unconfirmed(mail, now)):
        return True
    return mail.state is MailState.SENT and mail.ended_at is not None and now - mail.ended_at < REST


def moves(mail: Mail, now: datetime) -> bool:
    """The mail may have another state within a moment: tried for the first time, or being sent."""
    if unconfirmed(mail, now):
        return False
    return mail.state is MailState.SENDING or (mail.state is MailState.WAITING and not mail.attempts)


def unconfirmed(mail: Mail, now: datetime) -> bool:
    """Whoever was sending it has ended, and left nobody who knows whether the server took it."""
    return mail.state is MailState.SENDING and (mail.problem != "" or (mail.tried_at or now) < now - CONFIRMS)


def _let_send(mail: Mail, after: timedelta = timedelta(0)) -> None:
    mail.due_at = db.clock(after.total_seconds())  # by the clock that says when work is due
    due.add(WORK, after=after, mail_id=str(mail.id))


def choose(user: User, wanted: Collection[str], *, actor: Actor) -> None:
    """Let the person get mails of these topics and of no others."""
    before = queries.turned_off(user)
    off = set(kinds.topics()) - set(wanted)
    if off == before & set(kinds.topics()):
        return
    db.session.execute(sa.delete(MailChoice).where(MailChoice.user_id == user.id, MailChoice.topic.not_in(off)))
    db.session.add_all(MailChoice(user_id=user.id, topic=topic) for topic in sorted(off - before))
    audit.record("user.choose_mails", user, actor, off=sorted(off))


def turn_off(user: User, topic: str, *, actor: Actor) -> None:
    """Let the person get no more mails of the topic; done again it changes nothing."""
    try:
        with db.collision_safe():
            db.session.add(MailChoice(user_id=user.id, topic=topic))
    except IntegrityError:
        return
    audit.record("user.turn_off_mails", user, actor, person=str(user.id), topic=topic)


def take_over_choices(before: User, user: User) -> None:
    """What somebody turned off before they had an account stays off in the account that is theirs now."""
    for topic in sorted(queries.turned_off(before)):
        turn_off(user, topic, actor=Actor.system())
