"""What may be typed about recordings."""

from datetime import datetime

from flask_babel import get_timezone, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import UUID, AnyOf, DataRequired, InputRequired, Length, Optional, StopValidation

from webapp.core.db import utcnow
from webapp.core.settings import settings
from webapp.core.times import reader_zone
from webapp.recordings import announcing
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.retention import LONGEST_DAYS, PRESETS, allowed, days_through

PERMANENT, DATE = "permanent", "date"


class StartForm(FlaskForm):
    """What to record."""

    mode = RadioField(
        _l("What to record"),
        choices=[
            SelectChoice(Mode.VIDEO.value, _l("Video and audio")),
            SelectChoice(Mode.AUDIO.value, _l("Audio only")),
            SelectChoice(Mode.TRANSCRIPT.value, _l("Audio for a transcript, not for download")),
        ],
        default=Mode.VIDEO.value,
        validators=[InputRequired()],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not settings.transcripts:
            self.mode.choices = [choice for choice in self.mode.choices if choice.value != Mode.TRANSCRIPT.value]


class ResendForm(FlaskForm):
    """Which owner is written to, by id, and of what; without that, that the recording is saved."""

    owner = HiddenField(validators=[InputRequired(), UUID()])
    kind = HiddenField(filters=[lambda kind: kind or announcing.SAVED], validators=[AnyOf(announcing.KINDS)])


def _when_chosen(form: FlaskForm, field: DateField) -> None:
    """A day is needed when one is chosen; this stands before Optional, which ends the checks of an empty field."""
    if form.keep.data == DATE and field.data is None:
        field.errors = []  # what the field itself says of it
        raise StopValidation(_("Choose a day."))


class HoldForm(FlaskForm):
    """Why a legal hold begins or ends."""

    reason = TextAreaField(
        _l("Reason"),
        description=_l("Kept in the audit log, and shown to admins with the recording."),
        validators=[DataRequired(_l("Enter a reason.")), Length(max=1000)],
    )


class RetentionForm(FlaskForm):
    """How long a recording is kept: so many days, through a day, or for ever.

    `seen` is the recording's version that the page showed, and `confirmed` the choice whose result it showed.
    """

    seen = HiddenField()
    confirmed = HiddenField()
    keep = RadioField(_l("Keep it for"), validators=[InputRequired()])
    until = DateField(_l("Until the end of"), validators=[_when_chosen, Optional()])

    def __init__(self, recording: Recording | None, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._stored_at = recording.stored_at if recording else None
        self.keep.choices = _choices(recording.retention_days if recording else None)

    @property
    def days(self) -> int | None:
        """The days from when the object was written, or None for permanent; of a form that is valid."""
        return self.days_from(self._stored_at)

    def days_from(self, stored_at: datetime | None) -> int | None:
        """The days of an object that was written then, or is yet to be; None for permanent."""
        if self.keep.data == DATE:
            return days_through(self.until.data, reader_zone(), stored_at or utcnow())
        return None if self.keep.data == PERMANENT else int(self.keep.data)

    @property
    def is_confirmed(self) -> bool:
        """The page showed what this choice leads to."""
        return bool(self.confirmed.data == word_of(self.days))

    def validate_until(self, field: DateField) -> None:
        """Refuse a day that is over, or too far away."""
        if self.keep.data != DATE or field.data is None:
            return
        ahead = (field.data - utcnow().astimezone(get_timezone()).date()).days
        if ahead < 0:
            raise StopValidation(_("Choose today or a later day."))
        if ahead > LONGEST_DAYS or not allowed(self.days, settings.retention_max_days or LONGEST_DAYS):
            raise StopValidation(too_long())


class BulkRetentionForm(RetentionForm):
    """How long each of several recordings is kept; `confirmed` is the choice whose results the page showed."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(None, *args, **kwargs)

    @property
    def choice(self) -> str:
        """What was chosen, as `confirmed` carries it."""
        return f"{self.keep.data} {self.until.data}" if self.keep.data == DATE else str(self.keep.data)

    @property
    def is_confirmed(self) -> bool:
        """The page showed what this choice leads to."""
        return bool(self.confirmed.data == self.choice)


def word_of(days: int | None) -> str:
    """The days, or a word for permanent, as a form carries them."""
    return PERMANENT if days is None else str(days)


def too_long() -> str:
    """That the choice is beyond the longest time, and which that is."""
    longest = settings.retention_max_days or LONGEST_DAYS
    return str(_("Recordings are kept for at most %(days)s days here.", days=longest))


def _choices(now: int | None) -> list[SelectChoice]:
    """The presets, the days that hold now, a date and for ever: what the installation's longest time allows."""
    days = sorted({each for each in (*PRESETS, now) if each and allowed(each, settings.retention_max_days)})
    choices = [SelectChoice(str(each), ngettext("%(num)d day", "%(num)d days", each)) for each in days]
    choices.append(SelectChoice(DATE, _("Until a date…")))
    if allowed(None, settings.retention_max_days):
        choices.append(SelectChoice(PERMANENT, _("Permanent")))
    return choices
