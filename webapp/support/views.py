"""One room for support: our row against LiveKit and the storage, without personal data."""

import uuid

import structlog
from flask import Blueprint, Flask, Response, abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit.actors import current_actor
from webapp.core.db import db
from webapp.core.security import require
from webapp.doctor import sentences
from webapp.doctor.finding import key_ending
from webapp.live import reconcile
from webapp.recordings import healing
from webapp.recordings import queries as recording_queries
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room
from webapp.rules import problems
from webapp.rules.problems import Problem
from webapp.support import answers, comparison, policy, service, sides, truth
from webapp.support import bundle as ticket

log = structlog.get_logger()

bp = Blueprint("support", __name__)


@bp.get("/rooms/<slug>/support")
def show(slug: str) -> ResponseReturnValue:
    """Our row beside what LiveKit and the storage have, and what happened, event by event."""
    require(policy.view)
    room = _room(slug)
    live = sides.ask_livekit(room)
    lines = comparison.compare(room, live)
    problem = Problem.parse(room.rule_problem)
    kept = sides.recorded(room, live)
    return render_template(
        "support/show.html",
        room=room,
        lines=lines,
        agrees=comparison.agree(lines),
        kept=kept,
        truths={each.row.id: truth.of(each, livekit_answered=not live.problem) for each in kept},
        told={each.row.id: answers.of(each.row) for each in kept},
        asks={"storage": truth.ASK_STORAGE, "livekit": truth.ASK_LIVEKIT},
        events=sides.happened(room.id),
        problem=problems.sentence(problem),
        repair=key_ending(problem, room.id),
        outage=sentences.outage(live.problem) if live.problem else "",
    )


@bp.get("/rooms/<slug>/support.json")
def bundle(slug: str) -> ResponseReturnValue:
    """The same as a file for a ticket."""
    require(policy.view)
    room = _room(slug)
    live = sides.ask_livekit(room)
    lines = comparison.compare(room, live)
    answer: Response = jsonify(ticket.bundle(room, live, lines, sides.recorded(room, live), sides.happened(room.id)))
    answer.headers["Content-Disposition"] = f'attachment; filename="room-{room.id}.json"'
    return answer


@bp.post("/rooms/<slug>/support/reconcile")
def reconcile_room(slug: str) -> ResponseReturnValue:
    """Make LiveKit follow the room's row now."""
    require(policy.reconcile_room)
    room = _room(slug)
    service.reconcile_room(room, actor=current_actor())
    db.session.commit()
    reconcile.now(room)
    flash(problems.sentence(Problem.parse(room.rule_problem)) or _("LiveKit agrees with the room."))
    return redirect(url_for(".show", slug=room.slug), 303)


@bp.post("/rooms/<slug>/support/recordings/<uuid:recording_id>/heal")
def heal_recording(slug: str, recording_id: uuid.UUID) -> ResponseReturnValue:
    """Ask anew how one recording stands; what comes of it is on the page."""
    require(policy.heal_recording)
    room = _room(slug)
    recording = recording_queries.one_of_room(room, recording_id)
    if recording is None:
        abort(404)
    try:
        healing.heal(recording)
    except OSError as error:
        log.warning("recording.find_failed", recording=str(recording_id), code=type(error).__name__)
        flash(_("The storage didn't answer. Nothing was changed."))
    return redirect(url_for(".show", slug=room.slug, _anchor="stored"), 303)


def _room(slug: str) -> Room:
    room = room_queries.by_slug(slug)
    if room is None:
        abort(404)
    return room


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals["support_policy"] = policy
