"""What a page says of a deed that LiveKit did not do, or may have done."""

import structlog
from flask import Flask
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.audit.intents import Busy, Failed, NotAsked, NotConfirmed
from webapp.core.errors import PAGES, know_who_asks, refusal

log = structlog.get_logger()


def _on_busy(_error: Busy) -> Response:
    title, now = _("Someone else is changing this right now"), _("Wait a moment, then reload the page and try again.")
    return refusal(409, title, _("Nothing was changed."), now)


def _on_not_asked(error: NotAsked) -> Response:
    log.warning("intent.not_asked", code=error.code)
    title, now = str(PAGES[502].title), _("Try again in a minute.")
    return refusal(502, title, _("Nothing was changed."), now, _code(error.code))


def _on_failed(error: Failed) -> Response:
    log.warning("intent.failed", code=error.code)
    now = _("Reload the page to see the current state. Support can check the set-up page.")
    return refusal(502, _("LiveKit refused"), _("Nothing was changed."), now, _code(error.code))


def _on_not_confirmed(error: NotConfirmed) -> Response:
    """Nobody can say what was done: neither "nothing was changed" nor "kept" would be true."""
    know_who_asks()  # before any word: the database may be what does not answer
    log.warning("intent.not_confirmed", code=error.code)
    what = _("It isn't confirmed whether this was done.")
    now = (
        _("Frontdesk checks within a minute; the room's activity shows the result. Wait for it before you try again.")
        if error.target_kind == "room"
        else _("Frontdesk checks within two minutes; the audit log shows the result. Wait for it before you try again.")
    )
    return refusal(error.status, str(PAGES[error.status].title), what, now, _code(error.code) if error.code else "")


def _code(code: str) -> str:
    return str(_("LiveKit: %(code)s", code=code))


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_error_handler(Busy, _on_busy)
    app.register_error_handler(NotAsked, _on_not_asked)
    app.register_error_handler(Failed, _on_failed)
    app.register_error_handler(NotConfirmed, _on_not_confirmed)
