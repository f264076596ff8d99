"""What the mails about recordings say: what it is, until when it can be opened, where, and why somebody gets the mail.

They promise access and not bytes: the file may go later than that, and no mail says that it exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from webapp.core import times
from webapp.core.db import db, new_id, utcnow
from webapp.core.hosts import public_address
from webapp.core.mail import Letter
from webapp.core.settings import settings
from webapp.mails.kinds import MailKind, Occasion, Topic, Unwanted
from webapp.mails.queries import turned_off
from webapp.recordings import announcing, notices
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room

DAY = "EEE d MMM y"  # Unicode TR 35
MOMENT = "EEE d MMM y, HH:mm"

SAVED_TOPIC = Topic(
    announcing.ABOUT_SAVED,
    _l("A recording of a room I own is saved"),
    _l("They tell you when a recording of a room you own is saved."),
)
ENDING_TOPIC = Topic(
    announcing.ABOUT_ENDING,
    _l("A recording of a room I own is about to expire"),
    _l("They remind you a week and a day before a recording of a room you own expires."),
)


@dataclass(frozen=True)
class Heads:
    """What is said first, and differs by kind."""

    subject: str
    heading: str


def _saved(recording: Recording) -> Heads:
    heading = _("Your recording is ready") if recording.mode.downloadable else _("Your recording is saved")
    return Heads(_("Recording saved: %(what)s", what=_called(recording)), heading)


def _ending(recording: Recording) -> Heads:
    assert recording.expires_at is not None
    days = times.days_left(recording.expires_at)
    if days < 1:
        when = _("Today is the last day to open this recording")
    elif days == 1:
        when = _("This recording can be opened until tomorrow")
    else:
        when = ngettext(
            "This recording can be opened for %(num)d more day",
            "This recording can be opened for %(num)d more days",
            days,
        )
    subject = _(
        "Ends on %(day)s: %(what)s", day=format_datetime(recording.expires_at, "d MMM"), what=_called(recording)
    )
    return Heads(subject, when)


def _called(recording: Recording) -> str:
    return str(_("%(room)s, %(day)s", room=recording.room.name, day=format_datetime(_began(recording), "d MMM y")))


def _began(recording: Recording) -> datetime:
    return recording.started_at or recording.created_at


def _length(recording: Recording) -> str:
    if recording.duration_ms is None:
        return ""
    minutes = max(1, round(recording.duration_ms / 60_000))
    if minutes < 60:
        return str(_("%(minutes)d min", minutes=minutes))
    return str(_("%(hours)d h %(minutes)02d min", hours=minutes // 60, minutes=minutes % 60))


def _reminded(recording: Recording) -> str:
    """On which days the reader is reminded."""
    days = notices.days_in_words(announcing.reminders(recording))
    return _("We'll remind you on %(days)s.", days=days) if days else ""


def _kept(recording: Recording) -> str:
    """How long that is, in words; of a time that nobody counted in days, nothing."""
    days = recording.retention_days
    return ngettext("%(num)d day", "%(num)d days", days) if days else ""


def _button(recording: Recording) -> str:
    words = {Mode.VIDEO: _("Watch the recording"), Mode.AUDIO: _("Listen to the recording")}
    return str(words.get(recording.mode, _("See the recording")))


def _watchers(recording: Recording) -> str:
    """Who can watch, as the room has it now."""
    if not recording.mode.downloadable:
        return str(_("No one: it's audio for a transcript."))
    if recording.room.members_may_watch:
        return str(_("Owners, administrators and members of the room"))
    return str(_("Owners and administrators of the room"))


def _letter(kind: str, recording: Recording, occasion: Occasion, *, reminded: bool = True) -> Letter:
    """Fill the templates; not with what pages get: nobody asks, and there is no request."""
    heads, url = _heads(kind, recording), public_address("recordings.show", recording_id=recording.id)
    context: dict[str, Any] = {
        "heading": heads.heading,
        "subject": heads.subject,
        "language": str(get_locale()),
        "brand": settings.brand,
        "organisation": settings.organisation,
        "room": recording.room.name,
        "when": times.span(_began(recording), recording.ended_at, DAY),
        "button": _button(recording),
        "playable": recording.mode.downloadable,
        "watchers": _watchers(recording),
        "url": url,
        "until": format_datetime(recording.expires_at, MOMENT) if recording.expires_at else "",
        "kept": _kept(recording),
        "reminded": _reminded(recording) if reminded else "",
        "length": _length(recording),
        "size": recording.size,
        "reminds": kind != announcing.SAVED,
        "off_url": occasion.off_url,
    }
    env = current_app.jinja_env
    return Letter(
        heads.subject,
        env.get_template("mail/recording.txt").render(context),
        env.get_template("mail/recording.html").render(context),
    )


def _written(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        recording = _stored(occasion)
        if recording is None or not announcing.is_there(recording):
            raise Unwanted("recording_gone")
        if kind != announcing.SAVED and recording.expires_at != occasion.deadline:
            raise Unwanted("changed")
        if announcing.owner(recording.id, occasion.reader.id) is None:
            raise Unwanted("no_owner")
        reminded = announcing.ABOUT_ENDING not in turned_off(occasion.reader)
        return _letter(kind, recording, occasion, reminded=reminded)

    return write


def _stored(occasion: Occasion) -> Recording | None:
    found = sa.select(Recording).where(Recording.id == occasion.about_id).options(joinedload(Recording.room))
    return db.session.scalar(found.execution_options(populate_existing=True))


def _heads(kind: str, recording: Recording) -> Heads:
    return _saved(recording) if kind == announcing.SAVED else _ending(recording)


def _sample(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        recording = _stored(occasion) if occasion.about_id else _invented(announcing.REMINDERS.get(kind, 90))
        if recording is None:
            raise Unwanted("recording_gone")
        if kind != announcing.SAVED and recording.expires_at is None:
            raise Unwanted("permanent")
        return _letter(kind, recording, occasion)

    return write


def _invented(days: int) -> Recording:
    """A recording that never was, and that can be opened for so many days."""
    now = utcnow().replace(minute=0, second=0, microsecond=0)
    began = now - timedelta(days=90 - days, hours=2)
    ended = began + timedelta(minutes=72)
    recording = Recording(id=new_id(), room_id=new_id(), mode=Mode.VIDEO, state=State.SAVED, key="", created_at=began)
    recording.started_at, recording.ended_at, recording.stored_at = began, ended, ended
    recording.retention_days, recording.expires_at = 90, ended + timedelta(days=90)
    recording.duration_ms, recording.size = 72 * 60_000, 508 * 10**6
    recording.room = Room(name="Housing committee", slug="housing-committee")
    return recording


KINDS = tuple(
    MailKind(kind, SAVED_TOPIC if kind == announcing.SAVED else ENDING_TOPIC, _written(kind), _sample(kind))
    for kind in announcing.KINDS
)
