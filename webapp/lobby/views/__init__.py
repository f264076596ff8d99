"""URLs of the lobby: a guest's way in, the meeting itself, and the queue as hosts see it."""

from flask import Flask

from webapp.lobby.views import join, meet, queue, undo
from webapp.lobby.views.blueprint import bp

__all__ = ["init_app", "join", "meet", "queue"]


def init_app(app: Flask) -> None:
    """Register the lobby's pages."""
    undo.init_app(app)
    app.register_blueprint(bp)
