"""The desk: what needs me now."""

from collections import Counter

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.calls import chart
from webapp.core.security import require
from webapp.desk import policy, queries
from webapp.doctor import reading as readings
from webapp.doctor import sentences
from webapp.lobby import queues
from webapp.recordings import queries as recording_queries
from webapp.reviews import answering
from webapp.rooms import trunk_names

bp = Blueprint("desk", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show who waits, what is live, which recordings to look at, and to staff how the installation fares."""
    require(policy.index)
    staff = policy.health(current_user)
    trunks = queries.trunks() if staff else []
    return render_template(
        "desk/index.html",
        shown=queries.SHOWN,
        newcomer=not queries.has_rooms(current_user),
        queue=queues.of_desk(current_user),
        live=queries.live_rooms(current_user),
        recordings=recording_queries.to_look_at(current_user, queries.SHOWN + 1),
        review=answering.waiting(current_user),
        trunks=trunks,
        trunk_names=trunk_names.of_rows({trunk.sip_trunk_id: trunk for trunk in trunks}),
        trunks_known=bool(trunks) or not staff or queries.trunks_known(),
        hooks=queries.hooks() if staff else None,
        calls=chart.last_day() if staff else None,
    )


@bp.get("/desk/findings")
def findings() -> ResponseReturnValue:
    """Ask LiveKit what is wrong with the rules, for the strip that the desk loads on its own: LiveKit may be slow."""
    require(policy.health)
    reading = readings.read()
    counts = Counter(finding.severity.value for finding in reading.findings)
    return render_template(
        "desk/_findings.html",
        worst=sentences.say(reading.findings[0], reading.trunk_names) if counts["outage"] else None,
        counts=counts,
        problem=sentences.outage(reading.problem) if reading.problem else "",
    )


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
