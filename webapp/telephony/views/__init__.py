"""The pages of trunks, rules and live rooms."""

from flask import Flask

from webapp.telephony import policy
from webapp.telephony.rules import is_ours
from webapp.telephony.views import calls, explain, inside, moves, pins, rules, support, trunks
from webapp.telephony.views.blueprint import bp

__all__ = ["calls", "explain", "init_app", "inside", "moves", "pins", "rules", "support", "trunks"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals |= {"telephony_policy": policy, "rule_is_ours": is_ours}
