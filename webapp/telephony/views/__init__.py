"""The pages of trunks, rules and live rooms."""

from flask import Flask

from webapp.telephony import policy
from webapp.telephony.views import calls, explain, inside, moves, pins, repair_runs, repairs, rules, support, trunks
from webapp.telephony.views.blueprint import bp
from webapp.telephony.words import impersonal, label

__all__ = [
    "calls",
    "explain",
    "init_app",
    "inside",
    "moves",
    "pins",
    "repair_runs",
    "repairs",
    "rules",
    "support",
    "trunks",
]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals |= {"telephony_policy": policy, "finding_label": label}
    app.jinja_env.filters["impersonal"] = impersonal
