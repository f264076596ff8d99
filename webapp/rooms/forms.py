"""What may be typed about a room."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.core import names
from webapp.core.filters import language_name
from webapp.core.i18n import offered
from webapp.core.settings import settings
from webapp.rooms import slugs
from webapp.rooms.models import AccessLevel
from webapp.rooms.words import LEVEL_CHOICES

NAME_LONGEST = 500
REASON_LONGEST = 200
HIDDEN = _l(
    "Callers appear as “Caller 1”, “Caller 2”. For a moment after a caller joins, "
    "participants see the number's last four digits, and a program could work out the whole "
    "number from the identity that LiveKit sends to their apps."
)

OVERLAPS = [
    SelectChoice(5, _l("In 5 minutes")),
    SelectChoice(15, _l("In 15 minutes")),
    SelectChoice(60, _l("In an hour")),
    SelectChoice(0, _l("Immediately (the PIN leaked)")),
]


def _refuse(problem: str | None) -> None:
    if problem:
        raise StopValidation(problem)


def room_name(_form: Any, field: Any) -> None:
    """Refuse names that are empty, too long or deceiving."""
    _refuse(names.problem(field.data, NAME_LONGEST))


def chosen_slug(_form: Any, field: Any) -> None:
    """Refuse slugs that could be taken for something else; none at all is fine."""
    _refuse(slugs.problem(field.data) if field.data else None)


def whole_slug(_form: Any, field: Any) -> None:
    """Refuse slugs that could be taken for something else, and none at all."""
    _refuse(slugs.problem(field.data))


def one_line(_form: Any, field: Any) -> None:
    """Refuse hidden marks and too long a text; none at all is fine."""
    _refuse(names.line_problem(field.data, REASON_LONGEST) if field.data else None)


class LevelForm(FlaskForm):
    """Who skips the lobby."""

    access_level = RadioField(
        _l("Who can join without waiting"),
        choices=[SelectChoice(level.value, words) for level, words in LEVEL_CHOICES.items()],
        default=AccessLevel.RESTRICTED.value,
    )

    @property
    def level(self) -> AccessLevel:
        """The chosen access level."""
        return AccessLevel(self.access_level.data)


class RoomForm(LevelForm):
    """What a new room starts with."""

    name = StringField(
        _l("Name"),
        [room_name],
        [names.normalised],
        description=_l("People you invite see it. Callers don't hear it."),
    )
    slug = StringField(
        _l("Link"),
        [chosen_slug],
        [slugs.normalised],
        description=_l("Leave empty for a random one that no one can guess."),
    )
    phone_enabled = BooleanField(_l("Allow dial-in"), default=True)
    hide_phone_number = BooleanField(
        _l("Shorten callers' numbers for participants (they still see the last four digits)"),
        default=True,
        description=HIDDEN,
    )
    callback_id = HiddenField(validators=[one_line])


class EditForm(LevelForm):
    """What people read of a room, and who skips its lobby; `seen` is the room's version that the page showed."""

    seen = HiddenField()
    name = StringField(_l("Name"), [room_name], [names.normalised])
    slug = StringField(
        _l("Link"), [whole_slug], [slugs.normalised], description=_l("The previous link leads to the new one.")
    )


class PhoneForm(FlaskForm):
    """Whether phones may join, and what the others see of them; `seen` as above."""

    seen = HiddenField()
    phone_enabled = BooleanField(_l("Allow dial-in"))
    hide_phone_number = BooleanField(
        _l("Shorten callers' numbers for participants (they still see the last four digits)"), description=HIDDEN
    )


class WatchingForm(FlaskForm):
    """Whether members may watch the room's recordings; `seen` as above."""

    seen = HiddenField()
    members_may_watch = BooleanField(
        _l("Let members watch recordings"),
        description=_l(
            "All recordings of this room, earlier ones too. Whoever can watch one can also download it. Members always"
            " see that a recording exists."
        ),
    )


class DeleteForm(FlaskForm):
    """The room's version that was shown to whoever agreed to delete it."""

    seen = HiddenField()


class StopOldPinForm(FlaskForm):
    """Which overlap of two PINs was shown to whoever ends it early."""

    seen = HiddenField()


class RotatePinForm(FlaskForm):
    """Why a PIN is replaced, how many minutes it works on, and which: `seen` is the version that the page showed."""

    seen = HiddenField()
    overlap = RadioField(_l("The previous PIN stops working"), choices=OVERLAPS, coerce=int, default=15)
    reason = StringField(_l("Reason"), [one_line], [names.normalised], id="rotate-reason")


class InvitationForm(FlaskForm):
    """The language that an invitation is written in: the reader's own, or another of the installation's."""

    language = SelectField(_l("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(code, language_name(code)) for code in settings.languages]
        self.language.data = offered(self.language.data)

    @property
    def chosen(self) -> str:
        """The code of the language."""
        return str(self.language.data)


class RevealPinForm(FlaskForm):
    """Why somebody without a role wants to see a PIN."""

    reason = StringField(_l("Reason"), [one_line], [names.normalised], id="reveal-reason")
