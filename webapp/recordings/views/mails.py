"""Mails of a recording: an owner is sent one again."""

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.audit.actors import current_actor
from webapp.core import errors, htmx
from webapp.core.db import db
from webapp.recordings import announcing, notices, policy
from webapp.recordings.forms import ResendForm
from webapp.recordings.views.blueprint import bp, load_recording


@bp.post("/recordings/<uuid:recording_id>/mails")
def resend_mail(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Send an owner a mail about the recording again; that it is saved, also for the first time."""
    recording, form = load_recording(recording_id, policy.resend_mail), ResendForm()
    title = _("Nothing was sent")
    if not form.validate():
        what = _("No owner was chosen, or there is no such mail.")
        return errors.refusal(422, title, what, _("Go back to the recording's page, and choose there."))
    try:
        announcing.send_again(recording, uuid.UUID(form.owner.data), form.kind.data, actor=current_actor())
    except announcing.NotAnnounced as refusal:
        return errors.refusal(409, title, str(refusal.words), _("Reload the page to see how far each mail got."))
    db.session.commit()
    page = url_for("recordings.show", recording_id=recording.id)
    section = notices.shown(recording, current_user)
    return htmx.done(page, "recordings/_mails.html", recording=recording, **section)
