"""Frontdesk as it is, with the number of queries of each request in a header."""

from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context
from flask.wrappers import Response

from webapp import create_app
from webapp.core.db import db

app = create_app()


def _count(*_arguments: Any) -> None:
    if has_request_context():
        g.queries = g.get("queries", 0) + 1


@app.after_request
def _tell(answer: Response) -> Response:
    answer.headers["X-Queries"] = str(g.get("queries", 0))
    return answer


with app.app_context():
    for engine in db.engines:
        sa.event.listen(engine, "before_cursor_execute", _count)
