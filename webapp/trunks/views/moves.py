"""Moving rooms to other trunks: choose and preview, begin, follow, stop."""

import uuid
from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit.actors import current_actor
from webapp.core import htmx, paging
from webapp.core.db import db
from webapp.core.security import require
from webapp.rooms import queries as room_queries
from webapp.rooms import trunk_list, trunk_names
from webapp.rooms.models import TrunkRow
from webapp.trunks import moves, policy
from webapp.trunks.forms import MoveRoomsForm
from webapp.trunks.models import Moved, MoveState
from webapp.trunks.spread import EVEN, EVERY
from webapp.trunks.views.blueprint import bp

PAGE = 50
NOW = timedelta(0)
RESULTS = {
    Moved.FAILED: (_l("Failed"), "failed"),
    Moved.RENEWED: (_l("New PIN"), "warning"),
    Moved.KEPT: (_l("PIN kept"), "kept"),
}
PROBLEMS = {
    "no_free_pin": _l("No free PIN was found in five draws: the room stays where it is."),
    "LookupError": _l("The room was moved or deleted meanwhile, or the trunk to move to is gone or not open."),
}


@bp.get("/telephony/moves/new")
def new_move() -> ResponseReturnValue:
    """Choose which rooms go where, and see what that would do."""
    require(policy.move_rooms)
    db.begin_writing()  # which trunks are gone
    trunk_list.refresh(NOW)
    rows = room_queries.trunk_rows()
    form = MoveRoomsForm(request.args, trunks=rows, rooms=moves.counts(), meta={"csrf": False})
    asked = bool(request.args.get("source") is not None and request.args.get("target"))
    valid = asked and form.validate()
    return _choose(form, rows, moves.plan(form.source.data, form.target.data) if valid else None)


@bp.post("/telephony/moves/")
def move_rooms() -> ResponseReturnValue:
    """Begin the move."""
    require(policy.move_rooms)
    trunk_list.refresh(NOW)
    rows = room_queries.trunk_rows()
    form = MoveRoomsForm(trunks=rows, rooms=moves.counts())
    if not form.validate():
        return _choose(form, rows, None, status=422)
    planned = moves.plan(form.source.data, form.target.data)
    if not planned.total:
        return _choose(form, rows, planned, status=422)
    try:
        begun = moves.move_rooms(planned, actor=current_actor())
    except moves.MoveRunning:
        db.session.rollback()
        said = _("Another move is still running. Wait until it ends, or stop it.")
        return _choose(form, rows, planned, said, status=409)
    db.session.commit()
    return htmx.go(url_for(".move", move_id=begun.id))


@bp.get("/telephony/moves/<uuid:move_id>/")
def move(move_id: uuid.UUID) -> ResponseReturnValue:
    """How far a move is, and what it did to each room."""
    require(policy.view)
    found = moves.find(move_id)
    if found is None:
        abort(404)
    chosen = paging.member(Moved, request.args.get("result"))
    page = moves.results(found, chosen, paging.Place.of(request.args, PAGE))
    context = {"move": found, "page": page, "chosen": chosen, "results": RESULTS, "problems": PROBLEMS}
    said = _names(room_queries.trunk_rows(), found.source, found.target)
    running = found.state is MoveState.RUNNING
    return htmx.respond("trunks/move.html", "trunks/_move.html", said=said, running=running, **context)


@bp.post("/telephony/moves/<uuid:move_id>/stop")
def stop_move(move_id: uuid.UUID) -> ResponseReturnValue:
    """Let the rooms that did not move yet stay where they are."""
    require(policy.stop_move)
    found = moves.find(move_id)
    if found is None:
        abort(404)
    moves.stop_move(found, actor=current_actor())
    db.session.commit()
    return redirect(url_for(".move", move_id=move_id), 303)


def _choose(
    form: MoveRoomsForm, rows: dict[str, TrunkRow], planned: moves.MovePlan | None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    names = _names(rows, planned.source, planned.target) if planned else ("", "")
    found: dict[str, Any] = {"form": form, "plan": planned, "names": names, "problem": problem}
    called = trunk_names.of_rows(rows)
    given = [(_name(called, trunk), count) for trunk, count in sorted(planned.quota.items())] if planned else []
    return render_template("trunks/new_move.html", given=given, **found), status


def _names(rows: dict[str, TrunkRow], source: str, target: str) -> tuple[str, str]:
    called = trunk_names.of_rows(rows)
    to = _("the open trunk with the fewest rooms") if target == EVEN else _name(called, target)
    return str(_("every trunk") if source == EVERY else _name(called, source)), str(to)


def _name(called: dict[str, str], trunk_id: str) -> str:
    return called.get(trunk_id) or trunk_id or str(_("no trunk"))
