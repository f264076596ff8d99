"""The page of the check list."""

from collections import Counter

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.security import require
from webapp.setup import facts, livekit_checks, own_checks, policy
from webapp.setup.checks import CheckState, worst_first

bp = Blueprint("setup", __name__)


@bp.get("/system/setup")
def index() -> ResponseReturnValue:
    """Everything is answers now, at once, and nothing for longer than a few seconds."""
    require(policy.view_setup)
    records = facts.read()
    answers = facts.ask()
    checks = livekit_checks.checks(answers, records) + own_checks.checks(
        answers, records, arrived_secure=request.is_secure
    )
    counted = Counter(check.state for check in checks)
    return render_template("setup/index.html", checks=worst_first(checks), counted=counted, State=CheckState)


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)
