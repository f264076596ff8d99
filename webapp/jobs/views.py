"""The jobs page and `flask worker`."""

import uuid
from contextlib import ExitStack

import click
from flask import Blueprint, Flask, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.audit.actors import current_actor
from webapp.core import due, logs, revisions
from webapp.core.app import this_app
from webapp.core.db import db
from webapp.core.security import require
from webapp.core.settings import settings
from webapp.jobs import gauges, periodic, policy, probes, queries, register, runner, service, words
from webapp.jobs.models import PeriodicJob
from webapp.jobs.periodic import Pool

bp = Blueprint("jobs", __name__)
SHOWN = 50  # pieces of work of each kind


@bp.get("/system/jobs/")
def index() -> ResponseReturnValue:
    """Each job's last run and next one, who runs what, and the due work that waits or was given up."""
    require(policy.view_jobs)
    redis_answers = runner.current().answers()
    rows = queries.jobs()
    places = periodic.places(rows)
    jobs = [(job, rows.get(job.name)) for job in register.jobs()]
    quiet = [(job, row) for job, row in jobs if job.pool is Pool.CLEANING and job.name not in places and _is_well(row)]
    return render_template(
        "jobs/index.html",
        jobs=[pair for pair in jobs if pair not in quiet],
        quiet=quiet,
        words=words,
        places=places,
        backlog=queries.backlog(),
        waiting=queries.open_work(SHOWN),
        gave_up=queries.given_up_work(SHOWN),
        silent=redis_answers is False,
    )


def _is_well(row: PeriodicJob | None) -> bool:
    return row is not None and row.ended_at is not None and not row.problem and not row.is_unfinished


@bp.post("/system/jobs/<name>/run")
def run_now(name: str) -> ResponseReturnValue:
    """Let a job run outside its time: the runner begins it."""
    require(policy.run_job)
    if name not in register.by_name():
        abort(404)
    service.run_now(name, actor=current_actor())
    db.session.commit()
    due.run_soon(name)
    return redirect(url_for(".index"), 303)


@bp.post("/system/jobs/work/<uuid:work_id>/retry")
def retry(work_id: uuid.UUID) -> ResponseReturnValue:
    """Let given-up work be due again."""
    require(policy.run_job)
    if not service.retry(work_id, actor=current_actor()):
        abort(409)
    db.session.commit()
    return redirect(url_for(".index"), 303)


@click.command("worker")
@click.option("--threads", default=4, show_default=True, help="Pieces of work at the same time.")
def worker(threads: int) -> None:
    """Do due work and periodic jobs until stopped; several may run on several machines."""
    try:
        revisions.require(settings)
    except revisions.SchemaBehind as refusal:
        raise click.ClickException(str(refusal)) from refusal
    runner.leave_signals_to_this_thread()
    logs.watch_the_process()
    app = this_app()
    with ExitStack() as stack:
        if settings.worker_port:
            answer = probes.Probes(app, runner.of_app(app))
            try:
                stack.enter_context(probes.listening(answer, settings.worker_address, settings.worker_port))
            except probes.CannotListen as refusal:
                raise click.ClickException(str(refusal)) from refusal
        runner.run_until_stopped(app, threads)


def init_app(app: Flask) -> None:
    """Register the page, the command and the gauges."""
    gauges.register()
    app.register_blueprint(bp)
    app.cli.add_command(worker)
