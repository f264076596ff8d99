"""One finding: what its repair would do, and the repair."""

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.core.settings import settings
from webapp.doctor import reading as readings
from webapp.doctor import sentences
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.doctor.reading import Reading
from webapp.repairs import plan, policy, requests, service, words
from webapp.repairs.forms import RepairForm
from webapp.repairs.plan import Plan
from webapp.repairs.views.blueprint import bp
from webapp.rules import problems

KINDS = {kind.value for kind in Kind}


@bp.get("/telephony/repairs/of/<key>")
def show(key: str) -> ResponseReturnValue:
    """The dry run: each rule before and after, what people notice, what LiveKit would be asked."""
    require(policy.repair)
    _refuse_unknown(key)
    reading = readings.read()
    finding = reading.finding(key)
    if finding is None:
        return _page(key, reading, None, [])
    planned = plan.plans(finding, reading)
    return _page(key, reading, finding, planned, _chosen(planned, request.args.get("choice")))


@bp.post("/telephony/repairs/of/<key>")
def repair(key: str) -> ResponseReturnValue:
    """Do what the dry run showed, if it is still the same."""
    require(policy.repair)
    _refuse_unknown(key)
    form, reading = RepairForm(), readings.read()
    finding = reading.finding(key)
    if reading.problem:
        return _page(key, reading, None, [], status=502)
    if finding is None:  # said here and now: a message kept for later would outlive the first click's way to the rules
        return _page(key, reading, None, [])
    planned = plan.plans(finding, reading)
    chosen = next((each for each in planned if each.choice == form.choice.data), None)
    if chosen is None or chosen.fingerprint(_key()) != form.fingerprint.data:
        now = _chosen(planned, form.choice.data)
        return _page(key, reading, finding, planned, now, status=409, changed=True)
    if chosen.foreign:
        require(policy.repair_external)
    if not (form.validate() and form.named(chosen)):
        return _page(key, reading, finding, planned, chosen, form=form, status=422)
    return _repaired(chosen, reading, form.ticket.data)


def _repaired(chosen: Plan, reading: Reading, ticket: str) -> ResponseReturnValue:
    entry = service.repair(chosen, ticket=ticket, actor=current_actor())
    db.session.commit()
    problem = requests.do(chosen.requests, reading)
    service.repaired(entry, problem)
    db.session.commit()
    if problem:
        flash(_("Not repaired: %(why)s", why=problems.sentence(problem)))
    else:
        requests.wake(chosen.finding)
        flash(_("Compared again: no rule was to be changed.") if chosen.idle else _("Repaired. LiveKit has taken it."))
    return htmx.go(url_for("doctor.index"))


def _refuse_unknown(key: str) -> None:
    if key.partition("~")[0] not in KINDS:
        abort(404)


def _chosen(planned: list[Plan], choice: str | None) -> Plan | None:
    return next((each for each in planned if each.choice == choice), planned[0] if planned else None)


def _concerned(finding: Finding, reading: Reading) -> dict[str, str]:
    """The names of the trunks that a finding is about, by id; none of trunks that are gone."""
    ids = [trunk.id for trunk in finding.trunks] + [finding.trunk_id]
    ids += [trunk_id for rule in finding.rules for trunk_id in rule.trunk_ids]
    return {trunk_id: reading.trunk_names[trunk_id] for trunk_id in ids if trunk_id in reading.trunk_names}


def _key() -> bytes:
    return settings.secret_key.get_secret_value().encode()


def _page(
    key: str,
    reading: Reading,
    finding: Finding | None,
    planned: list[Plan],
    chosen: Plan | None = None,
    *,
    form: RepairForm | None = None,
    status: int = 200,
    changed: bool = False,
) -> ResponseReturnValue:
    form = form or RepairForm(formdata=None)
    if chosen is not None:
        form.choice.data, form.fingerprint.data = chosen.choice, chosen.fingerprint(_key())
    obstacle = plan.not_hidden(finding, reading) if finding else None
    context = {
        "key": key,
        "reading": reading,
        "finding": finding,
        "said": sentences.say(finding, reading.trunk_names) if finding else None,
        "plan": words.say(chosen, reading) if chosen else None,
        "trunks": _concerned(finding, reading) if finding else {},
        "choices": [(each.choice, words.choice(each)) for each in planned],
        "form": form,
        "unhidden": words.not_hidden(obstacle) if obstacle else "",
        "changed": changed,
        "outage": sentences.outage(reading.problem) if reading.problem else "",
        "may_repair": chosen is not None and (not chosen.foreign or policy.repair_external(current_user)),
    }
    return htmx.respond("repairs/show.html", "repairs/_repair.html", status, **context)
