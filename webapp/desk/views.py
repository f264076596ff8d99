"""The desk: what needs me now."""

from typing import Any

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.calls import chart
from webapp.core import counting
from webapp.core.counting import Tally
from webapp.core.security import require
from webapp.deliveries import queries as delivery_queries
from webapp.desk import policy, queries, rooms_now
from webapp.doctor import diagnosis, sentences
from webapp.doctor import reading as readings
from webapp.doctor.kinds import Severity
from webapp.jobs import words as job_words
from webapp.lobby import queues
from webapp.recordings import queries as recording_queries
from webapp.reviews import answering
from webapp.rooms import trunk_names

bp = Blueprint("desk", __name__)
WORST = 3  # findings shown; the others are counted
SERIOUS = {Severity.ERROR, Severity.WARNING}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show who waits, what is live, which recordings to look at, and to staff how the installation fares."""
    require(policy.index)
    staff = policy.health(current_user)
    has_rooms = queries.has_rooms(current_user)
    return render_template(
        "desk/index.html",
        staff=staff,
        shown=queries.SHOWN,
        has_rooms=has_rooms,
        review=answering.waiting(current_user),
        **(_of_own_rooms() if has_rooms else {}),
        **(_installation() if staff else {"live": queries.live_rooms(current_user)}),
    )


def _of_own_rooms() -> dict[str, Any]:
    return {
        "queue": queues.of_desk(current_user),
        "recordings": recording_queries.to_look_at(current_user, queries.SHOWN + 1),
    }


def _installation() -> dict[str, Any]:
    """What staff see on arriving; LiveKit, which may be slow, is read by a part of its own."""
    trunks = queries.trunks()
    return _rooms_in_use() | {
        "trunks": trunks,
        "trunk_names": trunk_names.of_rows({trunk.sip_trunk_id: trunk for trunk in trunks}),
        "trunks_known": bool(trunks) or queries.trunks_known(),
        "hooks": queries.hooks(),
        "calls": chart.last_day(),
        "failed": queries.failed_jobs(),
        "gave_up": queries.gave_up(),
        "words": job_words,
    }


@bp.get("/desk/rooms")
def rooms_in_use() -> ResponseReturnValue:
    """The rooms that people are in or wait for, with the figures above them, for the page that asks again."""
    require(policy.health)
    return render_template("desk/_rooms_now.html", **(_rooms_in_use() | {"beside": True}), shown=queries.SHOWN)


def _rooms_in_use() -> dict[str, Any]:
    return {
        "rooms": rooms_now.rooms(),
        "figures": rooms_now.figures(),
        "last": diagnosis.latest(),
        "lag": delivery_queries.lag(queries.SAMPLE),
        "in_words": _in_words,
        "beside": False,
    }


def _in_words(tally: Tally) -> str:
    return counting.in_words(tally.number, is_all=tally.is_all)


@bp.get("/desk/findings")
def findings() -> ResponseReturnValue:
    """Ask LiveKit what is wrong with the rules, for the part that the desk loads on its own: LiveKit may be slow."""
    require(policy.health)
    reading = readings.read()
    outages = [finding for finding in reading.findings if finding.severity is Severity.OUTAGE][:WORST]
    others = [finding for finding in reading.findings if finding.severity in SERIOUS][:WORST]
    return render_template(
        "desk/_findings.html",
        reading=reading,
        outages=outages,
        findings=others,
        more=len(reading.findings) - len(outages) - len(others),
        says=sentences.of([*outages, *others], reading.trunk_names),
        problem=sentences.outage(reading.problem) if reading.problem else "",
    )


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
