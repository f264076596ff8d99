"""What may be typed about people in a meeting."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from webapp.core import names


class RevealForm(FlaskForm):
    """Whose number and attributes, and why somebody without a role wants to see them."""

    sid = HiddenField()
    reason = StringField(_l("Reason"), [Length(max=200)], [names.normalised])

    def of(self, sid: str) -> "RevealForm":
        """The form as it stands beside one person: ids are unique on a page."""
        self.sid.data, self.sid.id, self.reason.id = sid, f"sid-{sid}", f"reason-{sid}"
        return self
