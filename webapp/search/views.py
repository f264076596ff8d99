"""The search: as a page, and as the list of the palette."""

from flask import Blueprint, Flask, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.core import htmx
from webapp.core.security import require
from webapp.search import asking, policy, sources
from webapp.search.asking import SearchRefusal

bp = Blueprint("search", __name__)


@bp.get("/search")
def index() -> ResponseReturnValue:
    """What answers the words, by kind; what may not stand in an address is not searched for, and leaves it."""
    require(policy.index)
    words = asking.tidy(request.args.get("q", ""))
    refused = asking.refusal(words)
    if refused in {SearchRefusal.NUMBER, SearchRefusal.ADDRESS}:
        if not htmx.is_swap():
            return htmx.go(url_for(".index", refused=refused.value))
        words = ""
    elif not words:
        refused = {each.value: each for each in SearchRefusal}.get(request.args.get("refused", ""))
    groups = [] if refused else sources.ask(words, current_user)
    return htmx.respond("search/index.html", "search/_options.html", words=words, refused=refused, groups=groups)


def init_app(app: Flask) -> None:
    """Register the page, and give the palette of every page what it needs."""
    app.register_blueprint(bp)
    app.jinja_env.globals |= {"asking": asking, "marked_hit": sources.marked}
