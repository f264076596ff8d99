"""Owners are told of their recordings by mail: when one is saved, and a week and a day before it can't be opened.

Whether somebody is told is asked twice: when the mail is planned, and again when it is about to go. Reminders are
planned by the clock from the rows alone, so that no way of setting how long a recording is kept can forget them.
"""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp import audit
from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.mails import queries as mail_queries
from webapp.mails import service as mails
from webapp.mails.models import Mail, MailState
from webapp.recordings import verdicts
from webapp.recordings.models import Recording
from webapp.recordings.modes import DOWNLOADABLE
from webapp.recordings.states import State
from webapp.recordings.verdicts import WatchVerdict
from webapp.rooms.models import Access, Role, is_open

SAVED, WEEK_LEFT, DAY_LEFT = "recording_saved", "recording_week_left", "recording_day_left"
REMINDERS = {WEEK_LEFT: 7, DAY_LEFT: 1}  # days before the end
KINDS = (SAVED, *REMINDERS)
ABOUT_SAVED, ABOUT_ENDING = "recordings", "reminders"  # topics
TOPIC = {SAVED: ABOUT_SAVED, WEEK_LEFT: ABOUT_ENDING, DAY_LEFT: ABOUT_ENDING}
BATCH = 500
OWNERSHIP = sa.and_(is_open(Access), Access.role == Role.OWNER)
OWNS = sa.and_(Access.room_id == Recording.room_id, OWNERSHIP)


class NotAnnounced(Exception):
    """Nobody is written to; `words` say why."""

    def __init__(self, words: LazyString) -> None:
        super().__init__()
        self.words = words


def saved(recording: Recording) -> None:
    """Let each owner be told of a recording that was saved a moment ago, unless it is to be deleted."""
    if settings.smtp is None or recording.deleting_at is not None:
        return
    owners = (
        sa.select(User.id)
        .join(Access, Access.user_id == User.id)
        .where(
            Access.room_id == recording.room_id,
            OWNERSHIP,
            ABLE,
            sa.not_(mail_queries.is_off(ABOUT_SAVED)),
        )
    )
    for user_id in db.session.scalars(owners).all():
        mails.post(SAVED, user_id, recording.id)


def replan(recording: Recording) -> None:
    """Take back reminders of an end that has moved; those of the new one come by the clock."""
    mails.withdraw(recording.id, list(REMINDERS), but=recording.expires_at)


def remind() -> int:
    """Plan the reminders whose time has come, for each owner once; returns how many mails. Commits one by one.

    One that was missed, because nothing ran then, is made up for while its words are still true.
    """
    if settings.smtp is None:
        return 0
    return sum(_remind(kind, days) for kind, days in REMINDERS.items())


def _remind(kind: str, days: int) -> int:
    found = _ending(kind, days).order_by(Recording.expires_at).limit(BATCH)
    planned = 0
    for recording_id, expires_at, user_id in db.session.execute(found).all():
        planned += mails.post(kind, user_id, recording_id, deadline=expires_at) is not None
        db.session.commit()
    db.session.commit()
    return planned


def _ending(kind: str, days: int) -> sa.Select[uuid.UUID, datetime, uuid.UUID]:
    """Recordings that end within so many days, with each owner who has not been told so.

    A recording that is kept for no longer than that was announced with its end a moment ago.
    """
    now = utcnow()
    later = [other for other in REMINDERS.values() if other < days]
    begins = now + timedelta(days=max(later, default=0))
    told = sa.select(Mail.id).where(
        Mail.about_id == Recording.id,
        Mail.user_id == User.id,
        Mail.kind == kind,
        Mail.deadline == Recording.expires_at,
        Mail.state != MailState.WITHDRAWN,
    )
    columns = sa.select(Recording.id, Recording.expires_at, User.id)
    return (
        columns.join(Access, OWNS)
        .join(User, User.id == Access.user_id)
        .where(  # type: ignore[return-value]
            Recording.expires_at > begins,
            Recording.expires_at <= now + timedelta(days=days),
            Recording.state == State.SAVED,
            Recording.mode.in_(DOWNLOADABLE),
            Recording.removed_at.is_(None),
            Recording.deleting_at.is_(None),
            sa.or_(Recording.retention_days.is_(None), Recording.retention_days > days),
            ABLE,
            sa.not_(mail_queries.is_off(TOPIC[kind])),
            sa.not_(told.exists()),
        )
    )


def reminders(recording: Recording) -> list[datetime]:
    """When owners are reminded of the recording's end, from now on."""
    return reminders_before(recording, recording.expires_at)


def reminders_before(recording: Recording, end: datetime | None) -> list[datetime]:
    """When owners would be reminded of this end; never of one that nobody can open."""
    if end is None or recording.stored_at is None or not recording.mode.downloadable:
        return []
    moments = [end - timedelta(days=days) for days in REMINDERS.values()]
    return [moment for moment in moments if moment > max(recording.stored_at, utcnow())]


def is_there(recording: Recording) -> bool:
    """There is something to tell of: it can be opened, or a transcriber can have it."""
    return verdicts.of_recording(recording, utcnow()) in {WatchVerdict.OPEN, WatchVerdict.TRANSCRIPT}


def owner(recording_id: uuid.UUID, user_id: uuid.UUID) -> User | None:
    """The person, if they own the recording's room now and can sign in."""
    owners = sa.select(User).join(Access, Access.user_id == User.id).join(Recording, OWNS)
    found = owners.where(Recording.id == recording_id, User.id == user_id, ABLE)
    return db.session.scalar(found)


def send_again(recording: Recording, user_id: uuid.UUID, kind: str, *, actor: Actor) -> None:
    """Let an owner have a mail about the recording again; that it is saved, also for the first time.

    Raises NotAnnounced; the recording is locked.
    """
    if settings.smtp is None:
        raise NotAnnounced(_l("Mail isn't set up here. An admin can set it up."))
    if not is_there(recording):
        raise NotAnnounced(_l("The recording can no longer be opened."))
    user = owner(recording.id, user_id)
    if user is None:
        raise NotAnnounced(_l("This person doesn't own the room, or can't sign in."))
    if TOPIC[kind] in mail_queries.turned_off(user):
        raise NotAnnounced(_l("This person has turned these mails off."))
    mail = mail_queries.one(kind, recording.id, user, None if kind == SAVED else recording.expires_at)
    if mail is None and kind != SAVED:
        raise NotAnnounced(_l("There is no such reminder: the recording's end has changed, or its time hasn't come."))
    try:
        if mail is None:
            mails.post(SAVED, user.id, recording.id)
        else:
            mails.send_again(mail)
    except mails.NotNow:
        raise NotAnnounced(_l("This mail is on its way, or went a few minutes ago.")) from None
    audit.record("recording.resend_mail", recording, actor, person=str(user.id))
