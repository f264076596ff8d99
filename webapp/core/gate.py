"""Answers in front of Flask: for what is asked by the thousand and needs no page.

A part gives a function for a path. It answers what it is sure of, for a third of the processor time, and gives None for
all else: then Flask is asked, and its view alone decides. The tests hold both to one answer.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response

from webapp.core import hosts, security
from webapp.core.db import db
from webapp.core.request_log import ENDPOINT

log = structlog.get_logger()
Answerer = Callable[..., Response | None]
EXTENSION = "frontdesk.gate"


class _Gate:
    """Stands between the app and what observes it, so that its answers are logged, counted and waited for as others."""

    def __init__(self, app: Flask) -> None:
        self._app, self._flask = app, app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "") if environ["REQUEST_METHOD"] == "GET" else ""
        for pattern, endpoint, answerer in self._app.extensions[EXTENSION]:
            if found := pattern.fullmatch(path):
                answer = self._asked(answerer, environ, found, endpoint)
                if answer is not None:
                    environ[ENDPOINT] = endpoint
                    return answer(environ, start_response)
        return self._flask(environ, start_response)

    def _asked(
        self, answerer: Answerer, environ: dict[str, Any], found: re.Match[str], endpoint: str
    ) -> Response | None:
        """Whatever goes wrong is left to Flask, whose handlers have the words; what waited in vain waits no more."""
        with self._app.app_context():
            request = self._app.request_class(environ)
            try:
                answer = answerer(request, **found.groupdict()) if hosts.serves(request) else None
            except Exception as error:
                log.warning("gate.failed", code=type(error).__name__, endpoint=endpoint)
                return None
        if answer is not None:
            answer.vary.add("Cookie")
            security.put_wall(answer.headers, is_secure=request.is_secure)
        return answer


def ask(question: sa.Select[Any], values: Mapping[str, Any]) -> sa.Row[*tuple[Any, ...]] | None:
    """The first row of a statement that was made once, read by columns; without a session, which would cost as much."""
    with db.reader.connect() as connection:
        return connection.execute(question, values).first()


def answer_at(app: Flask, pattern: str, endpoint: str, answerer: Answerer) -> None:
    """Ask the function first for GET of the addresses that fit: (request, the pattern's named groups) -> an answer."""
    app.extensions[EXTENSION].append((re.compile(pattern), endpoint, answerer))


def init_app(app: Flask) -> None:
    """Put the gate around the app; before whatever observes it."""
    app.extensions[EXTENSION] = []
    app.wsgi_app = _Gate(app)  # type: ignore[method-assign]
