"""Trunks: what LiveKit has, our rooms beside them; made, changed and deleted by admins."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit import intents
from webapp.audit import queries as audit_queries
from webapp.audit import sentences as audit_sentences
from webapp.audit.actors import current_actor
from webapp.calls import queries as call_queries
from webapp.core import htmx, times, versions
from webapp.core.db import db
from webapp.core.masking import impersonal
from webapp.core.security import require
from webapp.doctor import reading as readings
from webapp.doctor import sentences
from webapp.doctor.entries import TrunkEntry
from webapp.doctor.reading import Reading
from webapp.livekit import sip
from webapp.rooms import queries as room_queries
from webapp.rooms import trunk_rows
from webapp.trunks import policy, queries, service
from webapp.trunks.forms import DeleteTrunkForm, OpenTrunkForm, TrunkForm, dialled
from webapp.trunks.opening import Opening, opening
from webapp.trunks.views.blueprint import bp

ROOMS = 20  # rooms shown on a trunk's page


@bp.get("/telephony/trunks/")
def index() -> ResponseReturnValue:
    """Every trunk, read from LiveKit; from our rows alone when it is away."""
    require(policy.view)
    reading = readings.read()
    return htmx.respond("trunks/index.html", "trunks/_list.html", reading=reading, outage=_outage(reading))


@bp.get("/telephony/trunks/<trunk_id>/")
def show(trunk_id: str) -> ResponseReturnValue:
    """One trunk with its rules and rooms."""
    require(policy.view)
    return _show(trunk_id)


@bp.get("/telephony/trunks/new")
def new() -> ResponseReturnValue:
    """A form for a trunk."""
    require(policy.edit)
    return _form(TrunkForm(formdata=None), None)


@bp.post("/telephony/trunks/")
def create() -> ResponseReturnValue:
    """Make a trunk in LiveKit."""
    require(policy.edit)
    db.session.commit()
    with intents.alone("trunk", ""):
        form = TrunkForm(trunks=sip.list_trunks())
        if not form.validate():
            return _form(form, None, 422)
        wanted = form.wanted()
        entry = service.create_trunk(wanted, actor=current_actor())
        try:
            stored = intents.carry_out(
                entry, lambda: sip.create_trunk(wanted), lambda made: service.trunk_created(entry, made)
            )
        except intents.Failed as error:
            return _refused(form, None, error)
    flash(_("The trunk was created in LiveKit and is open for new rooms."))
    return htmx.go(url_for(".show", trunk_id=stored["sip_trunk_id"]))


@bp.get("/telephony/trunks/<trunk_id>/edit")
def edit(trunk_id: str) -> ResponseReturnValue:
    """The form of an existing trunk."""
    require(policy.edit)
    stored, listed = _stored(trunk_id)
    return _form(TrunkForm(trunk=stored, trunks=listed, formdata=None), trunk_id)


@bp.post("/telephony/trunks/<trunk_id>/")
def update(trunk_id: str) -> ResponseReturnValue:
    """Change a trunk in LiveKit."""
    require(policy.edit)
    db.session.commit()
    with intents.alone("trunk", trunk_id):
        stored, listed = _stored(trunk_id)
        form = TrunkForm(trunk=stored, trunks=listed)
        if versions.differs(form.seen, trunk_rows.version(stored)):
            return _somebody_was_first(form, trunk_id)
        if not form.validate():
            return _form(form, trunk_id, 422)
        wanted = form.wanted()
        entry = service.update_trunk(stored, wanted, actor=current_actor())
        try:
            intents.carry_out(
                entry,
                lambda: sip.replace_trunk(trunk_id, wanted),
                lambda became: service.trunk_updated(trunk_id, wanted, became),
            )
        except intents.Failed as error:
            return _refused(form, trunk_id, error)
    flash(_("The trunk was changed in LiveKit. Calls in progress aren't affected."))
    return htmx.go(url_for(".show", trunk_id=trunk_id))


@bp.get("/telephony/trunks/<trunk_id>/delete")
def confirm_delete(trunk_id: str) -> ResponseReturnValue:
    """What stops working when the trunk goes."""
    require(policy.edit)
    return _confirm_delete(trunk_id)


def _confirm_delete(
    trunk_id: str, status: int = 200, form: DeleteTrunkForm | None = None, problem: str = ""
) -> ResponseReturnValue:
    form = form or DeleteTrunkForm(formdata=None)
    return _show(trunk_id, "trunks/delete.html", status, form=form, problem=problem)


@bp.post("/telephony/trunks/<trunk_id>/delete")
def delete(trunk_id: str) -> ResponseReturnValue:
    """Delete a trunk in LiveKit."""
    require(policy.edit)
    form = DeleteTrunkForm()
    valid = form.validate()
    db.session.commit()
    if not valid:
        return _confirm_delete(trunk_id, 422, form)
    with intents.alone("trunk", trunk_id):
        stored = _listed(trunk_id, sip.list_trunks())
        if stored is not None and versions.differs(form.seen, trunk_rows.version(stored)):
            said = _("Not deleted: the trunk was changed since you opened this page.")
            return _confirm_delete(trunk_id, 409, problem=said)
        entry = service.delete_trunk(trunk_id, actor=current_actor())
        intents.carry_out(entry, lambda: sip.delete_trunk(trunk_id), lambda _none: service.trunk_deleted(trunk_id))
    flash(_("The trunk was deleted. Rules that name it remain and match no call."))
    return htmx.go(url_for(".index"))


@bp.get("/telephony/trunks/<trunk_id>/open")
def confirm_open(trunk_id: str) -> ResponseReturnValue:
    """What external rules do on the trunk today, and what opening it for new rooms changes for their callers."""
    require(policy.open_trunk)
    return _opening(*_read(trunk_id), OpenTrunkForm(formdata=None))


@bp.post("/telephony/trunks/<trunk_id>/assignable")
def set_assignable(trunk_id: str) -> ResponseReturnValue:
    """Close the trunk for new rooms, or open it after its page was read."""
    wanted_open = request.form.get("assignable") == "y"
    require(policy.open_trunk if wanted_open else policy.close_trunk)
    if wanted_open and (unread := _unread(trunk_id)) is not None:
        return unread
    row = room_queries.trunk_row(trunk_id)
    if row is None or row.gone_at is not None:
        abort(404)
    service.set_assignable(row, wanted_open, actor=current_actor())
    db.session.commit()
    return redirect(url_for(".show", trunk_id=trunk_id), 303)


def _unread(trunk_id: str) -> ResponseReturnValue | None:
    """The page again where it was not read, or says something else by now; None once it was."""
    form = OpenTrunkForm()
    valid = form.validate()
    reading, shown = _read(trunk_id)
    read = _changes(reading, shown)
    if valid and read is not None and form.read.data == read.digest:
        return None
    stale = valid and read is not None
    form.read.data = ""
    return _opening(reading, shown, form, 409 if stale else 422)


def _read(trunk_id: str) -> tuple[Reading, TrunkEntry]:
    """LiveKit as it is now, and the trunk in it; 404 for one that is gone."""
    db.session.commit()
    reading = readings.read()
    shown = reading.trunk_entry(trunk_id)
    if shown is None or shown.gone or (shown.live is None and not reading.problem):
        abort(404)
    return reading, shown


def _changes(reading: Reading, shown: TrunkEntry) -> Opening | None:
    if reading.problem or shown.live is None:
        return None
    return opening(shown.live, reading.foreign)


def _opening(reading: Reading, shown: TrunkEntry, form: OpenTrunkForm, status: int = 200) -> ResponseReturnValue:
    changes = _changes(reading, shown)
    form.read.data = changes.digest if changes else ""
    context = {
        "reading": reading,
        "trunk": shown,
        "outage": _outage(reading),
        "opening": changes,
        "form": form,
        "dialled": dialled(shown.live.numbers) if shown.live else "",
        "names": {rule.id: impersonal(rule.name) or rule.id for rule in reading.foreign},
        "stale": status == 409,
    }
    return htmx.respond("trunks/open.html", "trunks/open.html", status, **context)


def _stored(trunk_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The trunk as LiveKit has it now, and all of them; 404 when it is gone, LiveKitError when LiveKit is."""
    listed = sip.list_trunks()
    found = _listed(trunk_id, listed)
    if found is None:
        abort(404)
    return found, listed


def _listed(trunk_id: str, listed: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((each for each in listed if each["sip_trunk_id"] == trunk_id), None)


def _show(trunk_id: str, template: str = "trunks/show.html", status: int = 200, **context: Any) -> ResponseReturnValue:
    db.session.commit()
    reading = readings.read()
    shown = reading.trunk_entry(trunk_id)
    if shown is None:
        abort(404)
    rooms = queries.rooms_on(trunk_id, ROOMS)
    found = {
        "calls_today": call_queries.calls_over(trunk_id, timedelta(days=1)),
        "reading": reading,
        "trunk": shown,
        "version": trunk_rows.version(shown.live.info) if shown.live else "",
        "rooms": rooms,
        "outage": _outage(reading),
        "labels": sentences.of(
            (entry.finding for entry in reading.entries_on(trunk_id) if entry.finding), reading.trunk_names
        ),
    }
    return htmx.respond(template, template, status, room_count=queries.room_count(trunk_id), **found, **context)


def _form(form: TrunkForm, trunk_id: str | None, status: int = 200, problem: str = "") -> ResponseReturnValue:
    action = url_for(".update", trunk_id=trunk_id) if trunk_id else url_for(".create")
    context = {
        "form": form,
        "action": action,
        "trunk_id": trunk_id,
        "password_set": "auth_password" in form.trunk,
        "version": trunk_rows.version(form.trunk) if trunk_id else "",
        "problem": problem,
        "differing": form.differing() if problem else [],
    }
    return htmx.respond("trunks/form.html", "trunks/_form.html", status, **context)


def _somebody_was_first(form: TrunkForm, trunk_id: str) -> ResponseReturnValue:
    """Nothing is changed: what was typed stays, beside what LiveKit has by now, and the reader hears whose it is."""
    said = _("This trunk was changed after you opened the page, so your changes weren't saved.")
    entry = audit_queries.last_done(trunk_id, "trunk.create", "trunk.update")
    if entry is not None:
        who, when = audit_sentences.who(entry), times.ago(entry.at)
        said += " " + _("Last changed in Frontdesk by %(who)s (%(when)s).", who=who, when=when)
    if form.auth_password.data:
        said += " " + _("Enter the new password again.")
    return _form(form, trunk_id, 409, said)


def _refused(form: TrunkForm, trunk_id: str | None, error: intents.Failed) -> ResponseReturnValue:
    """LiveKit said no to what we thought fit: what was typed stays, and its words are shown to the admin."""
    if error.code not in {"invalid_argument", "already_exists", "not_found"}:
        raise error
    form.numbers.errors = [*form.numbers.errors, _("LiveKit refused this: %(text)s", text=error.message)]
    return _form(form, trunk_id, 422)


def _outage(reading: Reading) -> str:
    return sentences.outage(reading.problem) if reading.problem else ""
