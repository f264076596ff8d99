"""What a recording's page shows of its mails: how far each owner's got, and when reminders go."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import format_datetime, get_timezone
from flask_babel import gettext as _

from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.mails import queries as mail_queries
from webapp.mails import service as mails
from webapp.mails.models import Mail
from webapp.recordings import announcing, policy
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Access


@dataclass(frozen=True)
class OwnerMails:
    """What became of an owner's mails; None: there is none. `off` says that they want none of the first kind.

    `lost` has the ids of those of which nobody knows whether they arrived.
    """

    owner: User
    saved: Mail | None
    reminders: list[Mail]
    off: bool
    lost: frozenset[uuid.UUID]


def of(recording: Recording) -> list[OwnerMails]:
    """The owners who can sign in, each with their mails about the recording; for those who see the access list."""
    columns = sa.select(User, mail_queries.is_off(announcing.ABOUT_SAVED)).join(Access, Access.user_id == User.id)
    owners = columns.join(Recording, announcing.OWNS).where(Recording.id == recording.id, ABLE)
    found, now = mail_queries.about(recording.id, announcing.KINDS), utcnow()
    lines = []
    for user, off in db.session.execute(owners.order_by(Access.granted_at, Access.id)):
        own = [mail for mail in found if mail.user_id == user.id]
        first = next((mail for mail in own if mail.kind == announcing.SAVED), None)
        lost = frozenset(mail.id for mail in own if mails.unconfirmed(mail, now))
        lines.append(OwnerMails(user, first, [mail for mail in own if mail.kind != announcing.SAVED], off, lost))
    return lines


def shown(recording: Recording, reader: User) -> dict[str, object]:
    """What the page's section of mails needs; no lines for those who may not see them, or while nothing is saved."""
    if recording.state is not State.SAVED or not policy.view_mails(reader, recording):
        return {"mails": None, "mails_move": False, "reminders": "", "mailable": False}
    lines, mailable = of(recording), settings.smtp is not None and announcing.is_there(recording)
    now = utcnow()
    return {
        "mails": lines,
        "mails_move": any(line.saved is not None and mails.moves(line.saved, now) for line in lines),
        "reminders": days_in_words(announcing.reminders(recording)) if mailable else "",
        "mailable": mailable,
    }


def reminded(recording: Recording, end: datetime | None) -> str:
    """On which days owners would be reminded if the recording ended then, in words."""
    if settings.smtp is None or recording.held_at is not None or recording.state is not State.SAVED:
        return ""
    return days_in_words(announcing.reminders_before(recording, end))


def days_in_words(moments: Sequence[datetime]) -> str:
    """One day or two, the month said once where it is the same."""
    if not moments:
        return ""
    first, last = moments[0].astimezone(get_timezone()), moments[-1].astimezone(get_timezone())
    said = format_datetime(moments[-1], "d MMM")
    if len(moments) == 1:
        return str(said)
    same_month = (first.year, first.month) == (last.year, last.month)
    return str(
        _("%(first)s and %(second)s", first=format_datetime(moments[0], "d" if same_month else "d MMM"), second=said)
    )
