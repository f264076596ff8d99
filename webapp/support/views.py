"""Rooms for support, without personal data: all of them, and one against LiveKit and the storage."""

import uuid
from collections.abc import Iterator
from itertools import chain

import structlog
from flask import Blueprint, Flask, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit.actors import current_actor
from webapp.core import counting, htmx, paging, spreadsheet
from webapp.core.db import db
from webapp.core.security import require
from webapp.doctor import diagnosis, sentences
from webapp.doctor.finding import key_ending
from webapp.doctor.kinds import SEVERITY
from webapp.jobs import queries as job_queries
from webapp.live import reconcile
from webapp.recordings import healing
from webapp.recordings import queries as recording_queries
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room
from webapp.rules import problems
from webapp.rules.problems import Problem
from webapp.support import answers, comparison, policy, room_lines, room_list, service, sides, truth
from webapp.support import bundle as ticket
from webapp.support.room_lines import LastReading, RoomLine
from webapp.support.room_list import RoomListFilters, RoomShow

log = structlog.get_logger()

bp = Blueprint("support", __name__)

PAGE = 50
CSV_HEAD = ("room_id", "room", "link", "finding", "severity", "rule", "trunk_id", "trunk", "live", "online", "calls")
SHOWS = {
    RoomShow.ALL: _l("All"),
    RoomShow.FOUND: _l("With findings"),
    RoomShow.LIVE: _l("Live"),
    RoomShow.CLOSED: _l("Dial-in not open"),
    RoomShow.BEHIND: _l("Not synced"),
}


@bp.get("/telephony/rooms/")
def index() -> ResponseReturnValue:
    """All rooms, worst first, by what was found and stored; LiveKit is not asked."""
    require(policy.view)
    filters = RoomListFilters.of(request.args)
    page = room_list.page(filters, paging.Place.of(request.args, PAGE))
    last = _last_reading()
    trunks = room_lines.trunk_names_by_id()
    context = {
        "filters": filters,
        "page": page,
        "lines": room_lines.of(page.rows, trunks, last.valid_at),
        "counts": {
            show: counting.in_words(count.number, is_all=count.is_all)
            for show, count in room_list.counts(filters).items()
        },
        "shows": SHOWS,
        "trunk": trunks.get(filters.trunk_id, filters.trunk_id),
        "last": last,
        "meanings": sentences.MEANINGS,
        "severities": SEVERITY,
    }
    return htmx.respond("support/index.html", "support/_rooms.html", **context)


@bp.get("/telephony/rooms.csv")
def list_csv() -> ResponseReturnValue:
    """The rooms asked for as a file, in the order of the list."""
    require(policy.view)
    rows = map(_cells, _lines(RoomListFilters.of(request.args), _last_reading()))
    return spreadsheet.download(chain([CSV_HEAD], rows), "rooms")


def _lines(filters: RoomListFilters, last: LastReading) -> Iterator[RoomLine]:
    trunks = room_lines.trunk_names_by_id()
    for rows in paging.parts(lambda at: room_list.page(filters, at)):
        yield from room_lines.of(rows, trunks, last.valid_at)


def _cells(line: RoomLine) -> tuple[str, ...]:
    found = (line.finding.value, SEVERITY[line.finding].value) if line.finding else ("", "")
    inside = ("live" if line.live else "", str(line.online), str(line.calls))
    return (str(line.id), line.name, line.slug, *found, line.rule.value, line.trunk_id, line.trunk, *inside)


def _last_reading() -> LastReading:
    last, job = diagnosis.latest(), job_queries.diagnose_job()
    failed = job is not None and bool(job.problem)
    return LastReading(last.read_at, diagnosis.is_current(last), failed) if last else LastReading(None, False, failed)


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
