"""Whether somebody is told of news: chosen on the account page."""

from flask import Blueprint, Flask, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.marketing import choices, policy, service
from webapp.marketing.forms import NewsForm

bp = Blueprint("marketing", __name__)


@bp.post("/account/news")
def choose() -> Response:
    """Keep whether I want news."""
    require(policy.choose)
    service.choose(current_user, wanted=bool(NewsForm().wanted.data), actor=current_actor())
    db.session.commit()
    news = choices.of(current_user)
    return htmx.done(url_for("accounts.show") + "#news", "marketing/_choice.html", news=news, saved=True)


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)
