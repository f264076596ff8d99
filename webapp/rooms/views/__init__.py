"""URLs of rooms."""

from flask import Flask

from webapp.rooms import links, policy, words
from webapp.rooms.views import invite, phone, rooms, watching
from webapp.rooms.views.blueprint import bp

__all__ = ["init_app", "invite", "phone", "rooms", "watching"]


def init_app(app: Flask) -> None:
    """Register the pages, and what every template may ask about rooms."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(
        room_policy=policy,
        join_link=links.join,
        level_words=words.LEVELS,
        role_words=words.ROLES,
        level_leads=words.LEVEL_LEADS,
        role_leads=words.ROLE_LEADS,
    )
