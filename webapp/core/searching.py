"""What may be searched for: the text of a search stands in an address, so it is no phone number and no PIN."""

import re
from urllib.parse import quote, urlencode

from flask import Flask, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core import htmx
from webapp.core.numbers import LIKE, is_like_number

FIELDS = ("q", "find")
ANSWERS_ITSELF = "search.index"  # which refuses more than numbers, in its own place
# Six digits and more and nothing else but how they are set: a short PIN too, though no date.
ALONE = r"(?!\d{4}-\d\d-\d\d$)(?:[\s\(\)\.\/\-]*\d){6,}[\s\(\)\.\/\-]*"
_ALONE = re.compile(ALONE)


def is_number(text: str) -> bool:
    """Whether somebody looks for a phone number or a PIN."""
    return _ALONE.fullmatch(text.strip()) is not None or is_like_number(text)


def _drop_numbers() -> ResponseReturnValue | None:
    """Send a search for a number back to its list, without it, and say where numbers are asked about."""
    found = [name for name in FIELDS if any(map(is_number, request.args.getlist(name)))]
    if not found or request.endpoint in {None, ANSWERS_ITSELF} or request.method not in {"GET", "HEAD"}:
        return None
    said = _("Numbers and PINs can't be searched.")
    if current_user.is_authenticated and current_user.is_staff:
        said = _("%(refusal)s Use the call tracer.", refusal=said)
    flash(said)
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in found]
    return htmx.go(f"{request.script_root}{quote(request.path)}?{urlencode(kept)}".rstrip("?"))


def init_app(app: Flask) -> None:
    """Keep numbers out of searches, and tell the boxes what the browser itself is to refuse."""
    app.before_request(_drop_numbers)
    app.jinja_env.globals["search_pattern"] = rf"(?!{ALONE}$)(?!.*{LIKE}).*"
