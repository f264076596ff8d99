"""Many recordings at once: a dry run that says what would happen to each, then the same with what happened."""

import uuid

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db, utcnow
from webapp.core.security import require
from webapp.core.settings import settings
from webapp.recordings import bulk, policy, queries, service
from webapp.recordings.forms import BulkRetentionForm
from webapp.recordings.models import Recording
from webapp.recordings.views import deleting
from webapp.recordings.views.blueprint import bp


@bp.post("/recordings/delete")
def delete_many() -> ResponseReturnValue:
    """Say what would become of each that is chosen; then delete those that may be."""
    require(policy.index)
    chosen = bulk.choices(request.form.getlist("chosen"))
    if problem := _problem(chosen):
        return _back(problem)
    confirmed = "confirmed" in request.form
    items = bulk.deletions(current_user, chosen, _known(chosen, lock=confirmed))
    if confirmed:
        at, deleted = utcnow(), [item.recording for item in items if item.recording is not None and item.changes]
        for recording in deleted:
            service.ask_delete(recording, actor=current_actor(), at=at)
        if deleted:
            deleting.remember(min(deleted, key=lambda each: each.id))  # whose row is locked first
        db.session.commit()
    return render_template("recordings/delete_many.html", items=items, done=confirmed)


@bp.post("/recordings/retention")
def set_retention_of_many() -> ResponseReturnValue:
    """Ask how long those that are chosen are kept, say what that does to each; then set it for those that may be."""
    require(policy.index)
    chosen = bulk.choices(request.form.getlist("chosen"))
    if problem := _problem(chosen):
        return _back(problem)
    asked = "keep" in request.form
    form = BulkRetentionForm() if asked else BulkRetentionForm(formdata=None)
    if not asked or not form.validate():
        items = bulk.eligible(current_user, chosen, _known(chosen))
        return _retention_page(form, items, status=422 if form.errors else 200)
    known = _known(chosen, lock=form.is_confirmed)
    items = bulk.retentions(current_user, chosen, known, form.days_from, settings.retention_max_days)
    if not form.is_confirmed:
        form.confirmed.data = form.choice
        return _retention_page(form, items, shown=True)
    for item in items:
        if item.recording is not None and item.changes:
            service.set_retention(item.recording, item.days, actor=current_actor())
    db.session.commit()
    return _retention_page(form, items, shown=True, done=True)


def _known(chosen: list[bulk.Choice], *, lock: bool = False) -> dict[uuid.UUID, Recording]:
    return queries.by_ids(current_user, [choice.recording_id for choice in chosen], lock=lock)


def _problem(chosen: list[bulk.Choice]) -> str:
    if not chosen:
        return str(_("Choose at least one recording."))
    if len(chosen) > bulk.MOST:
        return str(_("Choose at most %(most)s recordings at once.", most=bulk.MOST))
    return ""


def _back(problem: str) -> ResponseReturnValue:
    flash(problem)
    return htmx.go(url_for(".index"))


def _retention_page(
    form: BulkRetentionForm, items: list[bulk.Item], *, status: int = 200, shown: bool = False, done: bool = False
) -> ResponseReturnValue:
    """`shown` says that the items tell what a choice leads to, and `done` that it was made."""
    context = {"form": form, "items": items, "shown": shown, "done": done}
    return render_template("recordings/retention_of_many.html", **context), status
