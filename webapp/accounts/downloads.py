"""The file of all that is kept about somebody: for themselves, and for admins who say why."""

from flask import Response, stream_with_context
from flask_login import current_user

from webapp.accounts import personal
from webapp.accounts.models import User
from webapp.audit.actors import current_actor
from webapp.core.db import db
from webapp.core.security import limiter

limit_exports = limiter.shared_limit("10 per minute", scope="exports", key_func=lambda: str(current_user.get_id()))


def of(person: User, name: str, *, reason: str = "") -> Response:
    """The file, written while it is sent; that it was asked for is recorded before. Commits."""
    written = personal.export(person, actor=current_actor(), reason=reason)
    db.session.commit()
    db.begin_reading()
    response = Response(stream_with_context(written), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response
