"""Every rule that LiveKit has, ours and foreign, and what is wrong with them."""

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.audit.actors import current_actor
from webapp.core import due, htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.doctor import diagnosis, finding_list, policy, rule_list, sentences, service
from webapp.doctor import reading as readings
from webapp.doctor.kinds import ORDER, SEVERITY, Severity
from webapp.jobs import periodic
from webapp.jobs import queries as job_queries
from webapp.jobs import words as job_words
from webapp.live.sweep import SWEEP_JOB

bp = Blueprint("doctor", __name__)


@bp.get("/telephony/rules/")
def index() -> ResponseReturnValue:
    """The page at once, with what was found last; LiveKit, which may be slow, is read by the fragment it loads."""
    require(policy.view)
    return render_template("doctor/index.html", **_awaited())


@bp.get("/telephony/rules/awaited")
def await_rules() -> ResponseReturnValue:
    """What the page shows until the rules are read: whether a comparison still runs."""
    require(policy.view)
    return render_template("doctor/_awaited.html", **_awaited())


def _awaited() -> dict[str, Any]:
    """Who began a comparison waits for its end, and nobody else."""
    own = {"comparing", "endpoint"}  # the second is url_for's own, as are names that begin with a dash below
    query = {name: text for name, text in request.args.items() if text and name not in own and name[:1] != "_"}
    comparing = "comparing" in request.args and periodic.is_awaited(SWEEP_JOB)
    return {"last": diagnosis.latest(), "query": query, "comparing": comparing}


@bp.get("/telephony/rules/read")
def read_rules() -> ResponseReturnValue:
    """Findings first, worst first, then every rule, as LiveKit has them now; a whole page without JavaScript."""
    require(policy.view)
    reading = readings.read()
    rule_filters = rule_list.RuleFilters.of(request.args)
    finding_filters = finding_list.FindingFilters.of(request.args)
    rows, findings = rule_list.page(reading.rule_entries, rule_filters), finding_list.page(reading, finding_filters)
    context = {
        "outage": sentences.outage(reading.problem) if reading.problem else "",
        "says": sentences.of(findings.rows, reading.trunk_names),
        "labels": sentences.of((entry.finding for entry in rows.rows if entry.finding), reading.trunk_names),
        "here": "doctor.index" if htmx.is_swap() else "doctor.read_rules",
        "last": diagnosis.latest() if reading.problem else diagnosis.of(reading),
        "beside": htmx.is_swap() and not reading.problem,
        "compared": (job := job_queries.sweep_job()),
        "failed": job_words.problem(job.problem) if job and job.problem else "",
    }
    asked = {"rule_filters": rule_filters, "finding_filters": finding_filters}
    lists = {"reading": reading, "page": rows, "findings": findings}
    return htmx.respond("doctor/read.html", "doctor/_rules.html", **context, **asked, **lists)


@bp.get("/telephony/rules/findings")
def finding_kinds() -> ResponseReturnValue:
    """What each finding means: a reference, a link to each."""
    require(policy.view)
    groups = {severity: [kind for kind in ORDER if SEVERITY[kind] is severity] for severity in Severity}
    return render_template(
        "doctor/finding_kinds.html", groups=groups, meanings=sentences.MEANINGS, repair=sentences.repair
    )


@bp.get("/telephony/rules/count")
def finding_count() -> ResponseReturnValue:
    """How many findings there were last, for the sidebar."""
    require(policy.view)
    return render_template("doctor/_finding_count.html", last=diagnosis.latest(), beside=False)


@bp.post("/telephony/rules/sweep")
def sweep() -> ResponseReturnValue:
    """Look at all rooms now instead of within a minute."""
    require(policy.sweep)
    service.sweep(actor=current_actor())
    db.session.commit()
    due.run_soon(SWEEP_JOB)
    return redirect(url_for(".index", comparing="y"), 303)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.jinja_env.globals |= {"doctor_policy": policy, "finding_label": sentences.label}
