"""URLs of the trail: all of it for admins, its chain, what was revealed, and each room's own."""

from typing import Any

from flask import Flask

from webapp.audit import chain_words, origin_words, policy
from webapp.audit.views import chain, entry, log, reveals
from webapp.audit.views.blueprint import bp

__all__ = ["chain", "entry", "init_app", "log", "reveals"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    words: dict[str, Any] = {
        "audit_policy": policy,
        "chain_result": chain_words.result,
        "chain_problem": chain_words.problem,
        "deed_icon": origin_words.icon_of,
    }
    app.jinja_env.globals.update(words)
