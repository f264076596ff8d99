"""URLs of access: a room's list, and the review of all of them."""

from flask import Flask

from webapp.access import policy
from webapp.access.views import review, room, several, undo
from webapp.access.views.blueprint import bp

__all__ = ["init_app", "review", "room", "several", "undo"]


def init_app(app: Flask) -> None:
    """Register the pages, and what every template may ask about access."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(access_policy=policy, access_undos=undo.offers)
