"""URLs of trunks."""

from flask import Flask

from webapp.trunks import policy
from webapp.trunks.views import moves, pins, trunks
from webapp.trunks.views.blueprint import bp

__all__ = ["init_app", "moves", "pins", "trunks"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals["trunk_policy"] = policy
