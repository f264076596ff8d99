"""What people choose about mails."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput

from webapp.mails import kinds


class MailChoicesForm(FlaskForm):
    """The topics that the person wants mails of."""

    wanted = SelectMultipleField(_l("Send me a mail when"), option_widget=CheckboxInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted.choices = [SelectChoice(topic.name, topic.title) for topic in kinds.topics().values()]
