"""What may be typed on the account page."""

from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from webapp.core.filters import language_name
from webapp.core.settings import settings

ZONES = ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))]


THEMES = {"": _l("System"), "light": _l("Light"), "dark": _l("Dark")}


class ProfileForm(FlaskForm):
    """Language, time zone and theme; each may be left to the browser or the installation."""

    language = SelectField(_l("Language"))
    timezone = SelectField(_l("Time zone"))
    theme = RadioField(_l("Theme"), choices=[SelectChoice(value, words) for value, words in THEMES.items()], default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [SelectChoice(code, language_name(code)) for code in settings.languages]
        zones = [SelectChoice(zone, zone.replace("_", " ")) for zone in ZONES]
        self.language.choices = [SelectChoice("", _l("Browser default")), *names]
        self.timezone.choices = [SelectChoice("", settings.timezone), *zones]
