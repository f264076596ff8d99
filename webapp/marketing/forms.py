"""What people choose about news."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField


class NewsForm(FlaskForm):
    """Whether the person wants news."""

    wanted = BooleanField(_l("Send me news by mail"))
