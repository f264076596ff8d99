"""The book of calls: who came by phone, as far as it may be told, and what became of it."""

import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.calls import chart, policy, queries, story, words
from webapp.calls.queries import CallFilters
from webapp.core import htmx, paging, spreadsheet
from webapp.core.security import require

bp = Blueprint("calls", __name__)

PAGE = 50
CSV_PART = 1000  # calls read at a time
CSV_HEAD = ("came_at", "call", "room_id", "room", "trunk_id", "trunk", "caller", "verdict", "held_at", "decided_at")
CSV_ENDS = ("decided_by", "left_at", "end_reason")


@bp.get("/telephony/calls/")
def index() -> ResponseReturnValue:
    """The calls asked for, newest first."""
    require(policy.view)
    filters = CallFilters.of(request.args)
    page = queries.page(filters, paging.Place.of(request.args, PAGE))
    return htmx.respond(
        "calls/index.html",
        "calls/_list.html",
        filters=filters,
        page=page,
        counts=queries.counts(filters),
        known=queries.by_caller(row.Call.caller for row in page.rows),
        trunks=queries.trunks(),
        room_name=queries.room_name(filters.room_id),
        words=words,
        chart=None if htmx.is_swap() else chart.last_day(),
    )


@bp.get("/telephony/calls/<uuid:call_id>/")
def show(call_id: uuid.UUID) -> ResponseReturnValue:
    """One call, step by step."""
    require(policy.view)
    row = queries.one(call_id)
    if row is None:
        abort(404)
    trunk = queries.trunks().get(row.Call.trunk_id) or row.Call.trunk_id
    steps = story.tell(row, trunk, names=policy.name_hosts(current_user))
    known = queries.by_caller([row.Call.caller]).get(row.Call.caller, 0)
    return render_template("calls/show.html", row=row, trunk=trunk, steps=steps, known=known, words=words)


@bp.get("/telephony/calls.csv")
def list_csv() -> ResponseReturnValue:
    """The calls asked for as a file; no number is in it, and support finds no name."""
    require(policy.view)
    rows = _rows(CallFilters.of(request.args), names=policy.name_hosts(current_user))
    return spreadsheet.download(chain([CSV_HEAD + CSV_ENDS], rows), "calls")


def _rows(filters: CallFilters, *, names: bool) -> Iterator[tuple[str, ...]]:
    at: paging.Place | None = paging.Place(size=CSV_PART)
    while at is not None:
        page = queries.page(filters, at)
        yield from (_cells(row, names=names) for row in page.rows)
        at = paging.Place(after=page.older, size=CSV_PART) if page.older else None


def _cells(row: Any, *, names: bool) -> tuple[str, ...]:
    call = row.Call
    host = call.decided_by.name if names and call.decided_by else ""
    times = [at.isoformat(timespec="seconds") if at else "" for at in (call.came_at, call.held_at, call.decided_at)]
    came, held, decided = times
    left = call.left_at.isoformat(timespec="seconds") if call.left_at else ""
    place = (str(call.room_id or ""), row.room or "", call.trunk_id, row.trunk or "")
    return (came, str(call.id), *place, call.caller, row.verdict, held, decided, host, left, call.end_reason)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals["call_policy"] = policy
