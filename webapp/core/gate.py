"""Answers in front of Flask: for what is asked by the thousand, by programs, and needs no page.

A part gives a function for a path. It answers what it is sure of, for a third of the processor time, and gives None for
all else: then Flask is asked, and its view alone decides. The tests hold both to one answer.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import security
from webapp.core.request_log import ENDPOINT

Answerer = Callable[[Request], Response | None]
EXTENSION = "frontdesk.gate"


class _Gate:
    """Stands between the app and what observes it, so that its answers are logged, counted and waited for as others."""

    def __init__(self, app: Flask) -> None:
        self._app, self._flask = app, app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        endpoint, answerer = self._app.extensions[EXTENSION].get(environ.get("PATH_INFO"), ("", None))
        answer = self._asked(answerer, environ) if answerer and environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            return self._flask(environ, start_response)
        environ[ENDPOINT] = endpoint
        answer.vary.add("Cookie")
        security.put_wall(answer.headers, is_secure=environ["wsgi.url_scheme"] == "https")
        return answer(environ, start_response)

    def _asked(self, answerer: Answerer, environ: dict[str, Any]) -> Response | None:
        """A database that is away is left to Flask, whose patience is the same: what waited in vain waits no more."""
        with self._app.app_context():
            try:
                return answerer(self._app.request_class(environ))
            except SQLAlchemyError:
                return None


def answer_at(app: Flask, path: str, endpoint: str, answerer: Answerer) -> None:
    """Ask the function first for GET of the path, which is that of the endpoint."""
    app.extensions[EXTENSION][path] = endpoint, answerer


def init_app(app: Flask) -> None:
    """Put the gate around the app; before whatever observes it."""
    app.extensions[EXTENSION] = {}
    app.wsgi_app = _Gate(app)  # type: ignore[method-assign]
