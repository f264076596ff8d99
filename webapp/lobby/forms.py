"""What a guest may type."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError

from webapp.core import names
from webapp.lobby import bearers

LONGEST_NAME = 100


class AskForm(FlaskForm):
    """A guest's name, as the hosts and the others inside will read it."""

    name = StringField(
        _l("Your name"),
        filters=[names.normalised],
        description=_l("While you wait only the hosts see it, then everyone in the meeting."),
        render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME, "required": True},
    )

    nonce = HiddenField(default=bearers.new_nonce)

    def validate_name(self, field: StringField) -> None:
        """Refuse names that say nothing or would deceive the host."""
        if not field.data:
            raise ValidationError(_("Enter your name."))
        problem = names.problem(field.data, LONGEST_NAME)
        if problem:
            raise ValidationError(problem)
