"""URLs of repairs."""

from flask import Flask

from webapp.repairs import policy
from webapp.repairs.views import bulk, single
from webapp.repairs.views.blueprint import bp

__all__ = ["bulk", "init_app", "single"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals["repair_policy"] = policy
