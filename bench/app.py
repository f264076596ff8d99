"""Frontdesk as it is, with the number of queries of each request in a header."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa

from webapp import create_app
from webapp.core.db import db

app = create_app()
inner = app.wsgi_app
sent: ContextVar[list[str]] = ContextVar("sent")


def counted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as ever; around the whole app, since not all that answers is Flask."""
    statements: list[str] = []
    token = sent.set(statements)

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        return start_response(status, [*headers, ("X-Queries", str(len(statements)))], *error)

    try:
        return inner(environ, start)
    finally:
        sent.reset(token)


def _note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    sent.get([]).append(statement)


app.wsgi_app = counted  # type: ignore[method-assign]
with app.app_context():
    for engine in db.engines:
        sa.event.listen(engine, "before_cursor_execute", _note)
