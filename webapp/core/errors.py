"""Error pages: what happened, what still holds, what to do; never a bare code."""

import json
from dataclasses import dataclass

import structlog
from flask import Flask, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin, current_user
from sqlalchemy.exc import OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from webapp.core import htmx, request_log
from webapp.core.security import StaffOnly

log = structlog.get_logger()


@dataclass(frozen=True)
class Words:
    """What an error page says."""

    title: str
    what: str
    now: str


PAGES = {
    400: Words(_l("This request can't be read"), _l("Nothing was changed."), _l("Reload the page and try again.")),
    401: Words(_l("You're signed out"), _l("Sign in to see this page."), _l("Sign in, then open it again.")),
    403: Words(
        _l("You don't have permission for this"),
        _l("Nothing was changed."),
        _l("Ask an owner of the room, or an admin."),
    ),
    404: Words(
        _l("Page not found"),
        _l("It doesn't exist, or you don't have access to it."),
        _l("Check the link, or go back to your desk."),
    ),
    405: Words(_l("This page can't do that"), _l("Nothing was changed."), _l("Go back and use the page's buttons.")),
    409: Words(
        _l("Someone else changed this first"),
        _l("Nothing was changed."),
        _l("Reload the page to see the current state."),
    ),
    410: Words(_l("This is gone"), _l("It was deleted."), _l("Go back to your desk.")),
    413: Words(_l("This is too large"), _l("Nothing was stored."), _l("Send less at once.")),
    429: Words(
        _l("Too many attempts"),
        _l("Too many requests came from this network address."),
        _l("Wait a minute, then try again."),
    ),
    500: Words(
        _l("Something went wrong on our side"),
        _l("Nothing was changed."),
        _l("Try again. If it fails again, send support the request number below."),
    ),
    502: Words(_l("LiveKit didn't answer"), _l("What you saved is kept."), _l("Retrying.")),
    503: Words(_l("The database didn't answer"), _l("Nothing was changed."), _l("Try again in a minute.")),
}


def refusal(status: int, title: str, what: str, now: str, code: str = "") -> Response:
    """Answer a refusal as a page, as an alert inside a swap, or as JSON for the API."""
    request_id = request_log.current()
    if request.path.startswith(("/api/", "/hooks/")):
        response = Response(status=status)
        response.content_type = "application/json"
        response.set_data(_json({"error": title, "detail": what, "hint": now, "code": code, "request": request_id}))
        return response
    context = {"status": status, "title": title, "what": what, "now": now, "code": code, "request_id": request_id}
    if htmx.is_swap():
        return htmx.alert("_alert.html", status, **context)
    return htmx.respond("error.html", "error.html", status, **context)


def know_who_asks() -> None:
    """Take whoever asks for a stranger while the database cannot tell: the page must come, whatever is away."""
    try:
        bool(current_user.is_authenticated)
    except SQLAlchemyError:
        g._login_user = AnonymousUserMixin()


def _json(body: dict[str, str]) -> str:
    return json.dumps({key: str(value) for key, value in body.items() if value})


def _on_http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()
    know_who_asks()
    words = PAGES.get(error.code, PAGES[500 if error.code >= 500 else 400])
    said = error.description if error.code in {400, 403, 409, 410} and error.response is None else None
    custom = said if said and said != type(error).description else words.what
    now = _("An admin can do this.") if isinstance(error, StaffOnly) else words.now
    response = refusal(error.code, str(words.title), str(custom), str(now))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _on_database(error: OperationalError | TimeoutError) -> Response:
    know_who_asks()
    log.error("database.unavailable", kind=type(getattr(error, "orig", error)).__name__)
    words = PAGES[503]
    return refusal(503, str(words.title), str(words.what), str(words.now))


def _on_bug(error: Exception) -> Response:
    know_who_asks()
    log.error("unhandled", endpoint=request.endpoint, kind=type(error).__name__, exc_info=error)
    words = PAGES[500]
    return refusal(500, str(words.title), str(words.what), str(words.now))


def init_app(app: Flask) -> None:
    """Register the error pages; tests see bugs as exceptions instead."""
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(OperationalError, _on_database)
    app.register_error_handler(TimeoutError, _on_database)  # of the pool: every connection is in use
    if not app.testing:
        app.register_error_handler(Exception, _on_bug)
