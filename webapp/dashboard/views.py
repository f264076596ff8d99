"""The desk: what needs me now."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.dashboard import policy, queries
from webapp.security import require

bp = Blueprint("dashboard", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show who waits, what is live, which recordings to look at, and to staff how the installation fares."""
    require(policy.index)
    staff = policy.health(current_user)
    return render_template(
        "dashboard/index.html",
        newcomer=not queries.has_rooms(current_user),
        live=queries.live_rooms(current_user),
        recordings=queries.recordings_to_look_at(current_user),
        trunks=queries.trunks() if staff else [],
        hooks=queries.hooks() if staff else None,
    )
