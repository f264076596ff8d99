"""What may be typed about recordings."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, StopValidation

from webapp.core.settings import settings
from webapp.recordings.modes import Mode
from webapp.recordings.retention import LONGEST_DAYS


class StartForm(FlaskForm):
    """What to record."""

    mode = RadioField(
        _l("What to record"),
        choices=[
            SelectChoice(Mode.VIDEO.value, _l("Video and sound")),
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


def _when_chosen(form: FlaskForm, field: IntegerField) -> None:
    """Days are needed when they are chosen; this stands before Optional, which ends the checks of an empty field."""
    if form.keep.data == "days" and not (field.raw_data and field.raw_data[0].strip()):
        raise StopValidation(str(_l("Type how many days.")))


class RetentionForm(FlaskForm):
    """For ever, or for how many days; `seen` is the recording's version that the page showed."""

    seen = HiddenField()
    keep = RadioField(
        _l("Keep it"),
        choices=[SelectChoice("permanent", _l("For ever")), SelectChoice("days", _l("For a number of days"))],
        validators=[InputRequired()],
    )
    days = IntegerField(
        _l("Days from when it was stored"),
        description=_l("When they are over nobody can open it; its file goes a day later."),
        validators=[
            _when_chosen,
            Optional(),
            NumberRange(1, LONGEST_DAYS, _l("Type a whole number of days between %(min)s and %(max)s.")),
        ],
    )

    @property
    def chosen_days(self) -> int | None:
        """The days, or None for permanent."""
        return int(self.days.data) if self.keep.data == "days" else None
