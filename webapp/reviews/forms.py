"""What may be typed about reviews."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import get_timezone, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, StopValidation

from webapp.core import names
from webapp.core.db import utcnow
from webapp.core.times import midnight, reader_zone
from webapp.reviews import queries
from webapp.reviews.models import AtEnd
from webapp.reviews.service import MOST_ROOMS, SOONEST, SOONEST_REMOVAL
from webapp.reviews.words import AT_END
from webapp.rooms.models import Room

NAME_LONGEST = 100
LATEST = 366  # days ahead
ALL, CHOSEN = "all", "chosen"
ENDINGS = [SelectChoice(at_end.value, words) for at_end, words in AT_END.items()]


def a_name(_form: Any, field: Any) -> None:
    """Refuse no name, hidden marks and too long a text."""
    problem = names.problem(field.data, NAME_LONGEST)
    if problem:
        raise StopValidation(problem)


class StartReviewForm(FlaskForm):
    """What a review is called, by when owners answer, about which rooms, and what becomes of what they don't check."""

    name = StringField(
        _l("Name"), [a_name], [names.normalised], description=_l("Owners see it, such as Autumn review.")
    )
    day = DateField(_l("Open until the end of"), [InputRequired(_l("Choose a day."))])
    rooms = RadioField(
        _l("Rooms"),
        choices=[SelectChoice(ALL, _l("All rooms")), SelectChoice(CHOSEN, _l("Only these rooms:"))],
        default=ALL,
    )
    links = TextAreaField(_l("Links of rooms, one on each line"), [])
    at_end = RadioField(_l("At the end"), choices=ENDINGS, default=AtEnd.KEEP.value)

    chosen: list[Room] | None = None

    @property
    def ending(self) -> AtEnd:
        """What becomes of roles that nobody checks."""
        return AtEnd(self.at_end.data)

    @property
    def ends_at(self) -> datetime:
        """The last minute of the day, where the reader is."""
        return midnight(self.day.data + timedelta(days=1), reader_zone()) - timedelta(minutes=1)

    def validate_day(self, field: DateField) -> None:
        """Refuse a day too early for people to be told, or too far away."""
        if (field.data - utcnow().astimezone(get_timezone()).date()).days > LATEST:
            raise StopValidation(_("Choose a day within a year."))
        removes = self.at_end.data == AtEnd.REMOVE.value
        soonest = SOONEST_REMOVAL if removes else SOONEST
        if self.ends_at < utcnow() + soonest:
            days = soonest.days
            raise StopValidation(
                ngettext("Choose a day that is %(num)d day ahead.", "Choose a day that is %(num)d days ahead.", days)
                + (" " + _("People are told a week before they lose access.") if removes else "")
            )

    def validate_links(self, field: TextAreaField) -> None:
        """Find the rooms; refuse none, too many, and links that lead nowhere."""
        if self.rooms.data != CHOSEN:
            return
        links = list(dict.fromkeys(line.strip() for line in (field.data or "").splitlines() if line.strip()))
        if not links:
            raise StopValidation(_("Enter the link of at least one room."))
        if len(links) > MOST_ROOMS:
            raise StopValidation(_("Enter at most %(most)d links.", most=MOST_ROOMS))
        self.chosen, unknown = queries.rooms_by_links(links)
        if unknown:
            raise StopValidation(_("There is no room with this link: %(links)s", links=", ".join(unknown[:5])))


class ReassignForm(FlaskForm):
    """Who answers instead: the exact address."""

    email = EmailField(
        _l("Their whole e-mail address"), [InputRequired(_l("Enter a full address, such as name@example.org."))]
    )


class EndingForm(FlaskForm):
    """What becomes of roles that nobody checks."""

    at_end = RadioField(_l("At the end"), choices=ENDINGS)

    @property
    def ending(self) -> AtEnd:
        """The choice."""
        return AtEnd(self.at_end.data)
