"""One room for support: our row against LiveKit and the storage, without personal data."""

from flask import Response, abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit import service as audit
from webapp.audit.actors import current_actor
from webapp.core.db import db
from webapp.core.security import require
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room
from webapp.telephony import policy, problems, reconcile, words
from webapp.telephony.repairs import links
from webapp.telephony.views import comparison, sides
from webapp.telephony.views.blueprint import bp
from webapp.telephony.views.bundle import bundle


@bp.get("/rooms/<slug>/support")
def support(slug: str) -> ResponseReturnValue:
    """Our row beside what LiveKit and the storage have, and what happened, event by event."""
    require(policy.view_telephony)
    room = _room(slug)
    live = sides.ask_livekit(room)
    lines = comparison.compare(room, live)
    return render_template(
        "telephony/support.html",
        room=room,
        lines=lines,
        agrees=comparison.agree(lines),
        kept=sides.recorded(room, live),
        events=sides.happened(room.id),
        problem=problems.sentence(room.rule_problem),
        repair=links.of_problem(room.rule_problem, room.id),
        outage=words.outage(live.problem) if live.problem else "",
    )


@bp.get("/rooms/<slug>/support.json")
def support_bundle(slug: str) -> ResponseReturnValue:
    """The same as a file for a ticket."""
    require(policy.view_telephony)
    room = _room(slug)
    live = sides.ask_livekit(room)
    lines = comparison.compare(room, live)
    answer: Response = jsonify(bundle(room, live, lines, sides.recorded(room, live), sides.happened(room.id)))
    answer.headers["Content-Disposition"] = f'attachment; filename="room-{room.id}.json"'
    return answer


@bp.post("/rooms/<slug>/support/reconcile")
def reconcile_room(slug: str) -> ResponseReturnValue:
    """Make LiveKit follow the room's row now."""
    require(policy.reconcile)
    room = _room(slug)
    audit.record("room.reconcile", room, current_actor())
    db.session.commit()
    reconcile.now(room)
    flash(problems.sentence(room.rule_problem) or _("LiveKit agrees with the room."))
    return redirect(url_for(".support", slug=room.slug), 303)


def _room(slug: str) -> Room:
    room = room_queries.by_slug(slug)
    if room is None:
        abort(404)
    return room
