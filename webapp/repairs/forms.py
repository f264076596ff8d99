"""What may be typed before a repair."""

import unicodedata
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import Length, ValidationError

from webapp.core.numbers import is_like_number
from webapp.repairs.models import LONGEST_TICKET
from webapp.repairs.plan import Plan


def _without_number(_form: FlaskForm, field: Field) -> None:
    """The trail keeps the ticket for years: nobody's number may stand in it."""
    text = field.data or ""
    if any(unicodedata.category(character) in {"Cc", "Cf"} for character in text):
        raise ValidationError(_("Control characters and invisible marks can't be used here."))
    if "@" in text:
        raise ValidationError(_("This looks like an e-mail address: enter only the ticket number."))
    if is_like_number(text):
        raise ValidationError(_("This looks like a phone number or a PIN: enter only the ticket number."))


class RepairAllForm(FlaskForm):
    """Many repairs at once, of what is ours."""

    scope = HiddenField()
    ticket = StringField(_l("Ticket"), [Length(max=LONGEST_TICKET), _without_number])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket.data = (self.ticket.data or "").strip()


class RepairForm(RepairAllForm):
    """One repair, of the plan that was shown; a foreign rule wants its name and a ticket."""

    scope = None
    choice = HiddenField()
    fingerprint = HiddenField()
    name = StringField(_l("Name of the rule"), [Length(max=1000)])

    def named(self, plan: Plan) -> bool:
        """The typed name is that of the foreign rule, and a ticket says why."""
        if plan.foreign is None:
            return True
        if not self.ticket.data:
            self.ticket.errors = [
                *self.ticket.errors,
                _("Enter a ticket number: an external rule is only changed for a ticket."),
            ]
        if (self.name.data or "").strip() != plan.typed:
            self.name.errors = [*self.name.errors, _("Enter the rule's name exactly as shown. Nothing was changed.")]
        return not (self.ticket.errors or self.name.errors)
