"""What may be typed about invitations."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField, TextAreaField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, StopValidation
from wtforms.widgets import CheckboxInput

from webapp.accounts import addresses
from webapp.core import names, paging
from webapp.core.db import new_id, utcnow
from webapp.core.i18n import offered
from webapp.core.times import reader_zone
from webapp.rooms.models import Role
from webapp.rooms.words import ROLES

MOST = 50  # addresses at a time
LONGEST = 20_000  # characters of a list of them
MESSAGE = 1000
USUAL = timedelta(hours=1)  # of a meeting whose end nobody told
HIDDEN = {"Cc", "Cs"}


class MeetingTimeForm(FlaskForm):
    """A day, and from when to when, in the reader's zone."""

    day = DateField(_l("Date"), [Optional()])
    begins = TimeField(_l("From"), [Optional()])
    ends = TimeField(_l("To"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """Also refuse a time without a day, an end before the begin, and what is over."""
        if not super().validate(extra_validators):
            return False
        field, problem = self._problem()
        if field is not None:
            field.errors = [*field.errors, problem]
        return field is None

    @property
    def begins_at(self) -> datetime | None:
        """When the meeting begins, in UTC; None: no time was told."""
        return self._at(self.begins.data) if self.day.data is not None and self.begins.data is not None else None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends: without an end it takes an hour, and one that isn't after the beginning is on the next day."""
        begins_at = self.begins_at
        if begins_at is None:
            return None
        if self.ends.data is None:
            return begins_at + USUAL
        ends_at = self._at(self.ends.data)
        return ends_at if ends_at > begins_at else self._at(self.ends.data, days=1)

    def _at(self, time: Any, days: int = 0) -> datetime:
        """In UTC, where an hour is an hour also in the night in which clocks change."""
        day = self.day.data + timedelta(days=days)
        return datetime.combine(day, time, tzinfo=reader_zone()).astimezone(UTC)

    def _problem(self) -> tuple[Any, str]:
        if self.day.data is None:
            missing = self.begins.data is not None or self.ends.data is not None or self.needs_day
            return (self.day, str(_("Choose a date."))) if missing else (None, "")
        if not 1970 < self.day.data.year < 9000:
            return self.day, str(_("Choose a date."))
        if self.begins.data is None:
            return self.begins, str(_("Enter when it begins, such as 14:00."))
        if self.ends.data == self.begins.data:
            return self.ends, str(_("Enter an end that differs from the beginning."))
        if self.ends_at is not None and self.ends_at <= utcnow():
            return self.day, str(_("This time has passed. Choose a later one."))
        return None, ""

    @property
    def needs_day(self) -> bool:
        """Without a day there is nothing to do."""
        return True


class CalendarForm(MeetingTimeForm):
    """The time of a calendar file, and its language."""

    language = HiddenField()

    @property
    def chosen(self) -> str:
        """The code of the language."""
        return offered(self.language.data)


def _readable(_form: Any, field: Any) -> None:
    """Refuse marks that turn text around, and control characters but line breaks."""
    text = (field.data or "").replace("\r\n", "\n")
    if any(mark in names.DIRECTION or (unicodedata.category(mark) in HIDDEN and mark not in "\n\t") for mark in text):
        raise StopValidation(_("This contains a hidden mark or control character. Type it instead of pasting it."))
    field.data = text


class SendForm(CalendarForm):
    """Whom to invite, and to what. `key` names this sending, so that it is done once."""

    key = HiddenField(default=lambda: new_id().hex)
    emails = TextAreaField(
        _l("E-mail addresses"),
        [Length(max=LONGEST, message=_l("Enter at most 50 addresses."))],
        description=_l("One per line, or separated by commas. Recipients don't see each other."),
    )
    message = TextAreaField(_l("Message"), [_readable, Length(max=MESSAGE)], [names.normalised])
    role = SelectField(_l("Access"), default="")

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [SelectChoice(role.value, ROLES[role]) for role in reversed(roles)]
        self.role.choices = [SelectChoice("", _("Guest: no role")), *offered]
        self.chosen_emails: list[str] = []

    def validate_emails(self, field: Any) -> None:
        """Take the addresses, or say which lines hold none: nothing is sent before all are right."""
        found = addresses.pasted(field.data or "")
        if found.wrong_lines:
            raise StopValidation(_wrong_lines(list(found.wrong_lines)))
        if not found.addresses:
            raise StopValidation(_("Enter a full address, such as name@example.org."))
        if len(found.addresses) > MOST:
            count = len(found.addresses)
            raise StopValidation(
                _("These are %(count)d addresses. Send to at most %(most)d at a time.", count=count, most=MOST)
            )
        self.chosen_emails = found.addresses

    @property
    def wanted(self) -> Role | None:
        """The role that comes with it."""
        return Role(self.role.data) if self.role.data else None

    @property
    def sending(self) -> UUID | None:
        """The name of this sending; None for one that the page did not make."""
        try:
            return UUID(self.key.data or "")
        except ValueError:
            return None

    @property
    def needs_day(self) -> bool:
        """People may be invited for any time."""
        return False


def _wrong_lines(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")
    return str(
        ngettext(
            "Line %(lines)s: enter a full address, such as name@example.org. Nothing was sent.",
            "Lines %(lines)s: enter full addresses, such as name@example.org. Nothing was sent.",
            len(numbers),
            lines=shown,
        )
    )


class NewPinForm(FlaskForm):
    """Who is told of a new PIN."""

    invitees = SelectMultipleField(
        _l("Send the new PIN to"), [InputRequired()], option_widget=CheckboxInput(), validate_choice=False
    )

    @property
    def chosen(self) -> set[UUID]:
        """Their keys, without what is none."""
        return {key for key in map(paging.key, self.invitees.data or []) if key is not None}
