"""What may be typed about access."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, StopValidation

from webapp.accounts import addresses
from webapp.core import names
from webapp.rooms.models import Role, Room
from webapp.rooms.words import ROLES

MOST = 200  # addresses at a time
LONGEST = 80_000  # characters of a list of them
CHOICES = [SelectChoice(role.value, words) for role, words in ROLES.items()]


def whole_address(_form: Any, field: Any) -> None:
    """Refuse what is no whole e-mail address; nothing is looked up, on the network or among people."""
    try:
        field.data = addresses.whole(field.data or "")
    except ValueError as error:
        raise StopValidation(_("Enter a full address, such as name@example.org.")) from error


class ChangeForm(FlaskForm):
    """Another role for somebody."""

    role = SelectField(_l("Role"), choices=CHOICES)

    @property
    def wanted(self) -> Role:
        """The chosen role."""
        return Role(self.role.data)


class GrantForm(ChangeForm):
    """Whom to give which role."""

    email = StringField(
        _l("Add a person by e-mail"),
        [whole_address],
        [lambda text: (text or "").strip()],
        description=_l(
            "Enter the full address. Someone who has never signed in gets the role when they first sign in."
        ),
    )
    role = SelectField(_l("Role"), choices=CHOICES, default=Role.MEMBER.value)


class GrantListForm(ChangeForm):
    """Whom to give one role, pasted."""

    emails = TextAreaField(
        _l("E-mail addresses"),
        [Length(max=LONGEST, message=_l("Enter at most 200 addresses."))],
        description=_l("One per line, or separated by commas. Whoever has never signed in gets the role when they do."),
    )
    role = SelectField(_l("Role"), choices=CHOICES, default=Role.MEMBER.value)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pasted = addresses.pasted(self.emails.data or "")

    def validate_emails(self, _field: Any) -> None:
        """Refuse nothing at all, and too many; wrong lines are named beside what was done with the others."""
        count = len(self.pasted.addresses)
        if count > MOST:
            many = _("These are %(count)d addresses. Add at most %(most)d at a time.", count=count, most=MOST)
            raise StopValidation(many)
        if not count and not self.pasted.wrong_lines:
            raise StopValidation(_("Enter a full address, such as name@example.org."))


class TransferForm(FlaskForm):
    """The room's name typed again, before somebody is the only owner; `seen` is the version that the page showed."""

    seen = HiddenField()
    typed = StringField(_l("Room name, to confirm"), [], [names.normalised])

    def means(self, room: Room) -> bool:
        """The typed name is the room's."""
        return bool(self.typed.data == names.normalised(room.name))
