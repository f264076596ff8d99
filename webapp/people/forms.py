"""What may be typed about people."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.accounts.models import Staff, User
from webapp.core import names
from webapp.people.words import STAFF_CHOICES

REASON_LONGEST = 200
CHOICES = [SelectChoice(staff.value, words) for staff, words in STAFF_CHOICES.items()]


def whole_address(_form: Any, field: Any) -> None:
    """Refuse what cannot be a whole address; nothing is looked up."""
    name, _at, host = (field.data or "").rpartition("@")
    if not name or not host:
        raise StopValidation(_("Enter a full address, such as name@example.org."))


def a_reason(_form: Any, field: Any) -> None:
    """Refuse no reason, hidden marks and too long a text."""
    problem = names.line_problem(field.data, REASON_LONGEST) if field.data else _("Enter a reason: the log keeps it.")
    if problem:
        raise StopValidation(problem)


class FindPersonForm(FlaskForm):
    """The exact address of whom one looks for."""

    email = EmailField(_l("E-mail address"), [whole_address], [names.normalised])


class SetStaffForm(FlaskForm):
    """Another staff role, and why; `seen` is the role that the page showed."""

    seen = HiddenField(id="staff-seen")
    staff = RadioField(_l("Staff role"), choices=CHOICES)
    reason = StringField(_l("Reason"), [a_reason], [names.normalised], id="staff-reason")

    @property
    def wanted(self) -> Staff:
        """The chosen role."""
        return Staff(self.staff.data)


class ExportForm(FlaskForm):
    """Why an admin wants all that is kept about somebody."""

    reason = StringField(_l("Reason"), [a_reason], [names.normalised], id="export-reason")


class MeansSomebody(FlaskForm):
    """A form that ends something for somebody, whose address is typed again."""

    email: StringField

    def means(self, person: User) -> bool:
        """The typed address is the person's."""
        if (self.email.data or "").lower() == person.email:
            return True
        self.email.errors = [_("Enter the address exactly as shown. Nothing was changed.")]
        return False


class DisableForm(MeansSomebody):
    """Why somebody is shut out; `seen` is how many rooms the page listed."""

    seen = HiddenField(id="disable-seen")
    email = StringField(_l("Their e-mail address, to confirm"), [], [names.normalised], id="disable-email")
    reason = StringField(_l("Reason"), [a_reason], [names.normalised], id="disable-reason")


class ForgetForm(MeansSomebody):
    """Why somebody is forgotten, in words that name nobody; `seen` is how many rooms the page listed."""

    seen = HiddenField(id="forget-seen")
    email = StringField(_l("Their e-mail address, to confirm"), [], [names.normalised], id="forget-email")
    reason = StringField(
        _l("Reason"),
        [a_reason],
        [names.normalised],
        id="forget-reason",
        description=_l("The log keeps it. Don't name the person."),
    )
