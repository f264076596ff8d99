"""What a page says when LiveKit fails in the middle of it: 502, and nothing that was saved is lost."""

import structlog
from flask import Flask
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.core.errors import PAGES, refusal
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

log = structlog.get_logger()


def _on_livekit(error: LiveKitError) -> Response:
    log.warning("livekit.failed", code=error.code)
    code = _("LiveKit: %(code)s", code=error.code)
    if isinstance(error, LiveKitUnavailable):
        words = PAGES[502]
        return refusal(502, str(words.title), str(words.what), str(words.now), code)
    title, now = _("LiveKit refused"), _("Reload the page to see the current state. Support can check the set-up page.")
    return refusal(502, title, _("What you saved is kept."), now, code)


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_error_handler(LiveKitError, _on_livekit)
