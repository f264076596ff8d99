"""The list of recordings."""

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.core import htmx
from webapp.core.db import utcnow
from webapp.core.paging import Place
from webapp.core.security import require
from webapp.recordings import policy, queries
from webapp.recordings.views.blueprint import bp


@bp.get("/recordings/")
def index() -> ResponseReturnValue:
    """The recordings of the rooms I host, newest first."""
    require(policy.index)
    filters = queries.RecordingFilters.of(request.args)
    page = queries.page(current_user, filters, Place.of(request.args))
    context = {"page": page, "filters": filters, "shows": queries.SHOWS, "now": utcnow()}
    return htmx.respond("recordings/index.html", "recordings/_list.html", 200, **context)
