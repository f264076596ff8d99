"""What may be typed about access."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.accounts import addresses
from webapp.rooms.models import Role
from webapp.rooms.words import ROLES

CHOICES = [SelectChoice(role.value, words) for role, words in ROLES.items()]


def whole_address(_form: Any, field: Any) -> None:
    """Refuse what is no whole e-mail address; nothing is looked up, on the network or among people."""
    try:
        field.data = addresses.whole(field.data or "")
    except ValueError as error:
        raise StopValidation(_("This is not a whole address. Type it like name@example.org.")) from error


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
        description=_l("The whole address. Somebody who never signed in gets the role at their first sign-in."),
    )
    role = SelectField(_l("Role"), choices=CHOICES, default=Role.MEMBER.value)


class TransferForm(FlaskForm):
    """Who is to be the only owner; `seen` is the room's version that the page showed."""

    seen = HiddenField()
