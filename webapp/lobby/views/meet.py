"""The meeting itself, for whoever brings a token in the address's fragment: the server never gets to see one."""

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from webapp.lobby import meeting
from webapp.lobby.views.blueprint import bp


@bp.get("/meet/<slug>")
def meet(slug: str) -> ResponseReturnValue:
    """The same page whatever the link: it says nothing of a room, not even that there is one."""
    response = make_response(render_template("lobby/meet.html", slug=slug))
    response.headers.update(meeting.headers())
    return response
