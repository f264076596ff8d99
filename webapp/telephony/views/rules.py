"""Every rule that LiveKit has, ours and foreign, and what is wrong with them."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.audit import service as audit
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.jobs import periodic, register
from webapp.jobs.models import PeriodicJob
from webapp.telephony import diagnosis, found, listing, picture, policy, words
from webapp.telephony.findings import ORDER, SEVERITY, Severity
from webapp.telephony.views.blueprint import bp

SWEEP = "rules"  # the job that compares every room with LiveKit


@bp.get("/telephony/rules/")
def rules() -> ResponseReturnValue:
    """The page at once, with what was found last; LiveKit, which may be slow, is read by the fragment it loads."""
    require(policy.view_telephony)
    return render_template("telephony/rules.html", **_awaited())


@bp.get("/telephony/rules/awaited")
def await_rules() -> ResponseReturnValue:
    """What the page shows until the rules are read: whether a comparison still runs."""
    require(policy.view_telephony)
    return render_template("telephony/_rules_awaited.html", **_awaited())


def _awaited() -> dict[str, Any]:
    """Who began a comparison waits for its end, and nobody else."""
    query = {name: text for name, text in request.args.items() if text and name != "comparing"}
    sweep = db.session.get(PeriodicJob, SWEEP) if "comparing" in request.args else None
    return {"last": diagnosis.latest(), "query": query, "comparing": sweep is not None and sweep.is_running}


@bp.get("/telephony/rules/read")
def read_rules() -> ResponseReturnValue:
    """Findings first, worst first, then every rule, as LiveKit has them now; a whole page without JavaScript."""
    require(policy.view_telephony)
    seen = picture.read()
    wish, sought = listing.Wish.of(request.args), found.Wish.of(request.args)
    rows, findings = listing.page(seen.rules, wish), found.page(seen, sought)
    context = {
        "outage": words.outage(seen.problem) if seen.problem else "",
        "says": words.of(findings.rows, seen.names),
        "labels": words.of((view.finding for view in rows.rows if view.finding), seen.names),
        "here": "telephony.rules" if htmx.is_swap() else "telephony.read_rules",
        "last": diagnosis.latest() if seen.problem else diagnosis.of(seen),
        "beside": htmx.is_swap() and not seen.problem,
        "compared": (job := db.session.get(PeriodicJob, SWEEP)),
        "failed": words.comparison(job.problem) if job and job.problem else "",
    }
    lists = {"seen": seen, "wish": wish, "page": rows, "sought": sought, "findings": findings}
    return htmx.respond("telephony/rules_read.html", "telephony/_rules.html", **context, **lists)


@bp.get("/telephony/rules/findings")
def finding_kinds() -> ResponseReturnValue:
    """What each finding means: a reference, a link to each."""
    require(policy.view_telephony)
    groups = {severity: [kind for kind in ORDER if SEVERITY[kind] is severity] for severity in Severity}
    return render_template("telephony/finding_kinds.html", groups=groups, meanings=words.MEANINGS, repair=words.repair)


@bp.get("/telephony/rules/count")
def finding_count() -> ResponseReturnValue:
    """How many findings there were last, for the sidebar."""
    require(policy.view_telephony)
    return render_template("telephony/_finding_count.html", last=diagnosis.latest(), beside=False)


@bp.post("/telephony/rules/sweep")
def sweep() -> ResponseReturnValue:
    """Look at all rooms now instead of within a minute."""
    require(policy.sweep)
    audit.record("telephony.sweep", "rules", current_actor())
    db.session.commit()
    periodic.run_soon(register.by_name()[SWEEP])
    return redirect(url_for(".rules", comparing="y"), 303)
