"""Many repairs: what a run would do, the run as it goes on, its items, and the runs of before."""

import uuid
from collections import Counter
from itertools import chain

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit.actors import current_actor
from webapp.core import background, htmx, paging, spreadsheet
from webapp.core.db import db
from webapp.core.security import require
from webapp.doctor import reading as readings
from webapp.doctor import sentences
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind, Remedy
from webapp.doctor.reading import Reading
from webapp.doctor.sentences import MEANINGS
from webapp.repairs import policy, queries, runs, service, words
from webapp.repairs.forms import RepairAllForm
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.repairs.views.blueprint import bp

ALL = "all"
SHOWN = 50  # findings that the dry run of many names; the file has all
PAGE = 50
SCOPES = {ALL} | {kind.value for kind in Kind}
HEAD = ("position", "finding", "kind", "room", "trunk", "rules", "result", "problem", "done_at")


@bp.get("/telephony/repairs/")
def index() -> ResponseReturnValue:
    """The runs, newest first."""
    require(policy.repair)
    page = queries.runs(paging.Place.of(request.args, PAGE))
    return htmx.respond("repairs/index.html", "repairs/index.html", page=page, labels=_labels())


@bp.get("/telephony/repairs/new")
def new() -> ResponseReturnValue:
    """The dry run of many: what would be repaired, counted by kind, and the first of them."""
    require(policy.repair)
    return _confirm(_scope(request.args.get("scope", ALL)), readings.read(), RepairAllForm(formdata=None))


@bp.get("/telephony/repairs/new.csv")
def new_csv() -> ResponseReturnValue:
    """All findings of the dry run as a file."""
    require(policy.repair)
    scope = _scope(request.args.get("scope", ALL))
    found = _chosen(readings.read(), scope)
    rows = (_cells(place, finding.key, service.fact(finding)) for place, finding in enumerate(found, 1))
    return spreadsheet.download(chain([HEAD[:6]], rows), f"repairs-{scope}")


@bp.post("/telephony/repairs/")
def repair_all() -> ResponseReturnValue:
    """Begin to repair all of a kind, or everything that is ours."""
    require(policy.repair)
    form = RepairAllForm()
    scope, reading = _scope(form.scope.data or ALL), readings.read()
    if reading.problem:
        return _confirm(scope, reading, form, 502)
    if not form.validate():
        return _confirm(scope, reading, form, 422)
    found = _chosen(reading, scope)
    if not found:
        flash(_("Nothing was left to repair."))
        return htmx.go(url_for("doctor.index"))
    run = service.repair_all(found, scope=scope, ticket=form.ticket.data, actor=current_actor())
    return _go_on(run)


@bp.get("/telephony/repairs/<uuid:run_id>/")
def run(run_id: uuid.UUID) -> ResponseReturnValue:
    """How far a run has come, and what became of each item."""
    require(policy.repair)
    run = _run(run_id)
    shown = paging.member(ItemResult, request.args.get("show"))
    page = queries.items(run.id, shown, paging.Place.of(request.args, PAGE))
    rooms = queries.rooms_of(page.rows)
    context = {"run": run, "show": shown.value if shown else "", "page": page, "rooms": rooms, "labels": _labels()}
    said = {"result_of": words.result, "why": words.problem, "results": list(ItemResult)}
    return htmx.respond("repairs/run.html", "repairs/_run.html", **context, **said)


@bp.get("/telephony/repairs/<uuid:run_id>/items.csv")
def run_csv(run_id: uuid.UUID) -> ResponseReturnValue:
    """What became of each item, as a file."""
    require(policy.repair)
    run = _run(run_id)
    return spreadsheet.download(chain([HEAD], map(_line, queries.every_item(run.id))), f"repairs-{run.id}")


@bp.post("/telephony/repairs/<uuid:run_id>/stop")
def stop(run_id: uuid.UUID) -> ResponseReturnValue:
    """Let a run end before it is through."""
    require(policy.repair)
    run = _run(run_id)
    if run.ended_at is not None:
        flash(_("This run has already ended."))
        return redirect(url_for(".run", run_id=run.id), 303)
    service.stop(run, actor=current_actor())
    return _go_on(run)


@bp.post("/telephony/repairs/<uuid:run_id>/retry")
def retry(run_id: uuid.UUID) -> ResponseReturnValue:
    """Try again what failed."""
    require(policy.repair)
    run = _run(run_id)
    if not run.failed:
        flash(_("Nothing in this run failed."))
        return redirect(url_for(".run", run_id=run.id), 303)
    service.retry(run, actor=current_actor())
    return _go_on(run)


def _go_on(run: RepairRun) -> ResponseReturnValue:
    db.session.commit()
    background.run(runs.work_off, background.LONG)
    return htmx.go(url_for(".run", run_id=run.id))


def _run(run_id: uuid.UUID) -> RepairRun:
    run = queries.run(run_id)
    if run is None:
        abort(404)
    return run


def _scope(text: str) -> str:
    return text if text in SCOPES else ALL


def _chosen(reading: Reading, scope: str) -> list[Finding]:
    """The findings that a run would repair, worst first: never one of a foreign rule."""
    ours = [finding for finding in reading.findings if finding.remedy is Remedy.OURS]
    return [finding for finding in ours if scope in {ALL, finding.kind.value}]


def _confirm(scope: str, reading: Reading, form: RepairAllForm, status: int = 200) -> ResponseReturnValue:
    form.scope.data = scope
    ours, found = _chosen(reading, ALL), _chosen(reading, scope)
    context = {
        "form": form,
        "scope": scope,
        "reading": reading,
        "total": len(found),
        "others": len(reading.findings) - len(ours),
        "counts": Counter(finding.kind for finding in ours),
        "first": [(finding, sentences.say(finding, reading.trunk_names)) for finding in found[:SHOWN]],
        "labels": _labels(),
        "outage": sentences.outage(reading.problem) if reading.problem else "",
    }
    return htmx.respond("repairs/new.html", "repairs/new.html", status, **context)


def _labels() -> dict[str, object]:
    """What scopes and kinds are called."""
    return {ALL: _("All Frontdesk rules")} | {kind.value: meaning.label for kind, meaning in MEANINGS.items()}


def _line(item: RepairItem) -> tuple[str, ...]:
    done = item.done_at.isoformat(timespec="seconds") if item.done_at else ""
    return *_cells(item.position, item.key, item.fact), item.result.value, item.problem, done


def _cells(place: int, key: str, fact: dict[str, str | list[str]]) -> tuple[str, ...]:
    one = [str(fact.get(name, "")) for name in ("kind", "room", "trunk")]
    return str(place), key, *one, " ".join(fact.get("rules", []))
