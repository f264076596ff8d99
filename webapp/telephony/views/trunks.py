"""Trunks: what LiveKit has, our rooms beside them; made, changed and deleted by admins."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.telephony import picture, policy, queries, service, words
from webapp.telephony.forms import DeleteTrunkForm, TrunkForm
from webapp.telephony.views.blueprint import bp

ROOMS = 20  # rooms shown on a trunk's page


@bp.get("/telephony/trunks/")
def trunks() -> ResponseReturnValue:
    """Every trunk, read from LiveKit; from our rows alone when it is away."""
    require(policy.view_telephony)
    seen = picture.read()
    return htmx.respond("telephony/trunks.html", "telephony/_trunks.html", seen=seen, outage=_outage(seen))


@bp.get("/telephony/trunks/<trunk_id>/")
def trunk(trunk_id: str) -> ResponseReturnValue:
    """One trunk with its rules and rooms."""
    require(policy.view_telephony)
    return _show(trunk_id)


@bp.get("/telephony/trunks/new")
def new_trunk() -> ResponseReturnValue:
    """A form for a trunk."""
    require(policy.edit_trunk)
    return _form(TrunkForm(formdata=None), None)


@bp.post("/telephony/trunks/")
def create_trunk() -> ResponseReturnValue:
    """Make a trunk in LiveKit."""
    require(policy.edit_trunk)
    db.session.commit()
    form = TrunkForm(trunks=sip.list_trunks())
    if not form.validate():
        return _form(form, None, 422)
    try:
        trunk_id = service.create_trunk(form.wanted(), actor=current_actor())
    except LiveKitError as error:
        return _refused(form, None, error)
    flash(_("The trunk is in LiveKit. New rooms may be put there."))
    return htmx.go(url_for(".trunk", trunk_id=trunk_id))


@bp.get("/telephony/trunks/<trunk_id>/edit")
def edit_trunk(trunk_id: str) -> ResponseReturnValue:
    """The form of an existing trunk."""
    require(policy.edit_trunk)
    stored = _stored(trunk_id)
    return _form(TrunkForm(trunk=stored[0], trunks=stored[1], formdata=None), trunk_id)


@bp.post("/telephony/trunks/<trunk_id>/")
def update_trunk(trunk_id: str) -> ResponseReturnValue:
    """Change a trunk in LiveKit."""
    require(policy.edit_trunk)
    db.session.commit()
    stored = _stored(trunk_id)
    form = TrunkForm(trunk=stored[0], trunks=stored[1])
    if not form.validate():
        return _form(form, trunk_id, 422)
    try:
        service.update_trunk(trunk_id, form.wanted(), actor=current_actor())
    except LiveKitError as error:
        return _refused(form, trunk_id, error)
    flash(_("LiveKit has the changed trunk. Calls that are up are not touched."))
    return htmx.go(url_for(".trunk", trunk_id=trunk_id))


@bp.get("/telephony/trunks/<trunk_id>/delete")
def confirm_delete_trunk(trunk_id: str) -> ResponseReturnValue:
    """What stops working when the trunk goes."""
    require(policy.edit_trunk)
    return _show(trunk_id, "telephony/trunk_delete.html", form=DeleteTrunkForm(formdata=None))


@bp.post("/telephony/trunks/<trunk_id>/delete")
def delete_trunk(trunk_id: str) -> ResponseReturnValue:
    """Delete a trunk in LiveKit."""
    require(policy.edit_trunk)
    form = DeleteTrunkForm()
    valid = form.validate()
    db.session.commit()
    if not valid:
        return _show(trunk_id, "telephony/trunk_delete.html", 422, form=form)
    service.delete_trunk(trunk_id, actor=current_actor())
    flash(_("The trunk is gone. Rules that name it stay and reach nobody."))
    return htmx.go(url_for(".trunks"))


@bp.post("/telephony/trunks/<trunk_id>/assignable")
def set_assignable(trunk_id: str) -> ResponseReturnValue:
    """Open the trunk for new rooms, or close it."""
    require(policy.set_assignable)
    row = queries.trunk_row(trunk_id)
    if row is None or row.gone_at is not None:
        abort(404)
    service.set_assignable(row, request.form.get("assignable") == "y", actor=current_actor())
    db.session.commit()
    return redirect(url_for(".trunk", trunk_id=trunk_id), 303)


def _stored(trunk_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The trunk as LiveKit has it now, and all of them; 404 when it is gone, LiveKitError when LiveKit is."""
    listed = sip.list_trunks()
    found = next((each for each in listed if each["sip_trunk_id"] == trunk_id), None)
    if found is None:
        abort(404)
    return found, listed


def _show(
    trunk_id: str, template: str = "telephony/trunk.html", status: int = 200, **context: Any
) -> ResponseReturnValue:
    db.session.commit()
    seen = picture.read()
    shown = seen.trunk(trunk_id)
    if shown is None:
        abort(404)
    rooms = queries.rooms_on(trunk_id, ROOMS)
    found = {
        "calls_today": queries.calls_over(trunk_id, timedelta(days=1)),
        "seen": seen,
        "trunk": shown,
        "rooms": rooms,
        "outage": _outage(seen),
        "labels": words.of((view.finding for view in seen.rules_on(trunk_id) if view.finding), seen.names),
    }
    return htmx.respond(template, template, status, room_count=queries.room_count(trunk_id), **found, **context)


def _form(form: TrunkForm, trunk_id: str | None, status: int = 200) -> ResponseReturnValue:
    action = url_for(".update_trunk", trunk_id=trunk_id) if trunk_id else url_for(".create_trunk")
    context = {"form": form, "action": action, "trunk_id": trunk_id, "password_set": "auth_password" in form.trunk}
    return htmx.respond("telephony/trunk_form.html", "telephony/_trunk_form.html", status, **context)


def _refused(form: TrunkForm, trunk_id: str | None, error: LiveKitError) -> ResponseReturnValue:
    """LiveKit said no to what we thought fit: what was typed stays, and its words are shown to the admin."""
    if error.code not in {"invalid_argument", "already_exists", "not_found"}:
        raise error
    form.numbers.errors = [*form.numbers.errors, _("LiveKit refused this: %(text)s", text=error.message)]
    return _form(form, trunk_id, 422)


def _outage(seen: picture.Picture) -> str:
    return words.outage(seen.problem) if seen.problem else ""
