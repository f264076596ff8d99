"""URLs of access: a room's list."""

from flask import Flask

from webapp.access import policy
from webapp.access.views import room
from webapp.access.views.blueprint import bp

__all__ = ["init_app", "room"]


def init_app(app: Flask) -> None:
    """Register the pages, and what every template may ask about access."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(access_policy=policy)
