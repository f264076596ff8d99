"""The version of a thing that a form was drawn with: whoever changes it says what they had before their eyes."""

from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from wtforms import Field


def shown(field: Field) -> str:
    """The version that the form carries. Raises BadRequest, in words, when there is none to compare."""
    if field.data is None:  # empty is the version of what is not there, such as the PIN of a room without one
        raise BadRequest(_("Nothing was changed: the form did not say which version of the page you saw."))
    return str(field.data)
