"""URLs of reviews: what owners check, what admins see, and the evidence."""

from flask import Flask

from webapp.reviews import policy, words
from webapp.reviews.views import answers, campaigns, owners
from webapp.reviews.views.blueprint import bp

__all__ = ["answers", "campaigns", "init_app", "owners"]


def init_app(app: Flask) -> None:
    """Register the pages, and what their templates may ask."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(review_policy=policy, review_words=words)
