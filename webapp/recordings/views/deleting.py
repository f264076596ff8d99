"""A recording is deleted, after one question, and kept after all by whoever undoes that within ten seconds."""

import uuid
from collections.abc import Sequence

from flask import abort, flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from webapp.audit.actors import current_actor
from webapp.core import errors, htmx
from webapp.core.db import READING, db, utcnow
from webapp.recordings import deletions, policy, service, verdicts, watchers
from webapp.recordings.legal_hold import OnHold
from webapp.recordings.models import Recording
from webapp.recordings.verdicts import WatchVerdict
from webapp.recordings.views.blueprint import bp, load_recording
from webapp.recordings.views.recordings import shown

KEY = "deleted"  # of the cookie, which lasts longer than what it names: the token, and until when it is of use


@bp.route("/recordings/<uuid:recording_id>/delete", methods=["GET", "POST"])
def delete(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Say what is lost, then delete: refused to everybody at once; it stops, and the object and the row follow."""
    recording = load_recording(recording_id, policy.delete)
    if recording.held_at is not None:
        return _held(recording)
    if request.method in READING:
        able = watchers.able(watchers.of_room(current_user, recording.room))
        is_open = verdicts.of_recording(recording, utcnow()) is WatchVerdict.OPEN
        return render_template("recordings/delete.html", recording=recording, losing=able if is_open else 0)
    try:
        service.ask_delete(recording, actor=current_actor())
    except OnHold:
        return _held(recording)
    remember(recording)
    db.session.commit()
    return htmx.go(url_for(".index"))


@bp.post("/recordings/undo-delete/<deletion>")
def undo_delete(deletion: str) -> ResponseReturnValue:
    """Keep what I deleted a moment ago, with all that I deleted at once."""
    key = deletions.read(deletion)
    if key is None:
        abort(404)
    load_recording(key, policy.undo_delete, deleted=True)
    try:
        count = deletions.undo_delete(current_user, key, actor=current_actor())
    except deletions.DeletionStands:
        db.session.rollback()
        title, what = (
            _("Not undone"),
            _("More than 10 seconds have passed, it was undone already, or someone else did it."),
        )
        return errors.refusal(409, title, what, _("Open the list of recordings to see what is there."))
    session.pop(KEY, None)
    db.session.commit()
    flash(ngettext("%(num)d recording is kept.", "%(num)d recordings are kept.", count))
    return htmx.go(url_for(".show", recording_id=key) if count == 1 else url_for(".index"))


def _held(recording: Recording) -> ResponseReturnValue:
    return shown(recording, 409, problem=_("A legal hold keeps this recording: it can't be deleted."))


def remember(recording: Recording) -> None:
    """Offer on the pages that come to undo the deletion of this and of what was deleted with it."""
    session[KEY] = [deletions.token(recording), int((utcnow() + deletions.UNDO).timestamp())]


def offered() -> Sequence[Recording]:
    """What the reader deleted a moment ago, for a whole page; empty where there is nothing to undo."""
    token, until = session.get(KEY) or ("", 0)
    if not current_user.is_authenticated or until < utcnow().timestamp():
        return []
    key = deletions.read(token)
    return deletions.undoable(current_user, key) if key else []
