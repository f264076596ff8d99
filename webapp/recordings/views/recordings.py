"""One recording: its page, start and stop, retention, download."""

import uuid
from collections.abc import Sequence

import structlog
from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.audit.actors import current_actor
from webapp.audit.sentences import Deed
from webapp.core import errors, htmx, request_log
from webapp.core.db import db, utcnow
from webapp.recordings import (
    classes,
    deletions,
    follow,
    healing,
    legal_hold,
    media,
    notices,
    policy,
    queries,
    service,
    storage,
    verdicts,
    watchers,
)
from webapp.recordings.forms import HoldForm, RetentionForm, StartForm, word_of
from webapp.recordings.media_auth import authorise
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.retention import expired, expires_at
from webapp.recordings.views.blueprint import bp, load_recording
from webapp.rooms import changes
from webapp.rooms.door import load_room
from webapp.rooms.models import Room

log = structlog.get_logger()

RETENTIONS = 5  # changes of the time that the page shows


@bp.get("/recordings/<uuid:recording_id>/")
def show(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Everything about one recording, or that it is being deleted; the fragment follows it while it runs."""
    recording = load_recording(recording_id, policy.view, deleted=True)
    if recording.deleting_at is None:
        return shown(recording)
    mine = deletions.undoable(current_user, recording.id)
    return render_template("recordings/deleting.html", recording=recording, deletion=mine)


@bp.get("/rooms/<slug>/recordings")
def of_room(slug: str) -> ResponseReturnValue:
    """The room's newest recordings, with start and stop."""
    room = load_room(slug, policy.list_of)
    return _room_section(room)


@bp.get("/rooms/<slug>/recordings/now")
def now(slug: str) -> ResponseReturnValue:
    """The badge in the room's head; nothing where it shows what is so already."""
    room = load_room(slug, policy.list_of)
    running = queries.running(room)
    if request.args.get("shown") == (running.state.value if running else ""):
        return htmx.unchanged()
    return render_template("rooms/_recorded_now.html", room=room, running=running)


@bp.post("/rooms/<slug>/recordings")
def start(slug: str) -> ResponseReturnValue:
    """Start recording the room."""
    room = load_room(slug, policy.start)
    form = StartForm()
    if not form.validate():
        return _room_section(room, 422, form)
    if follow.nobody_inside(room):
        return _room_section(room, 409, form, _("No one is in this room. Join it first, then start recording."))
    try:
        recording = service.start(room, Mode(form.mode.data), actor=current_actor())
    except service.AlreadyRunning:
        db.session.commit()
        return _room_section(room, 409, form, _("This room is being recorded already."))
    db.session.commit()
    follow.begin(recording)
    if not htmx.is_swap():
        return htmx.go(url_for("rooms.show", slug=slug))
    return _room_section(room)


@bp.post("/recordings/<uuid:recording_id>/stop")
def stop(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Stop recording."""
    recording = load_recording(recording_id, policy.stop)
    if not service.stop(recording, actor=current_actor()):
        db.session.commit()
        return shown(recording, 409, problem=_("This recording has ended already."))
    service.let_stop(recording)
    db.session.commit()
    return _done(recording)


@bp.post("/recordings/<uuid:recording_id>/heal")
def heal(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Ask now how a recording stands that seems stuck, or whose file was gone."""
    recording = load_recording(recording_id, policy.stop)
    try:
        healing.heal(recording)
    except OSError as error:
        log.warning("recording.find_failed", recording=str(recording.id), code=type(error).__name__)
        return _away()
    return _done(recording)


@bp.get("/recordings/<uuid:recording_id>/retention")
def preview_retention(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Show what a choice would lead to; nothing is saved."""
    recording = load_recording(recording_id, policy.set_retention)
    form = RetentionForm(recording, formdata=request.args, meta={"csrf": False})
    form.confirmed.data = word_of(form.days) if form.validate() else ""
    return shown(recording, 422 if form.errors else 200, form=form)


@bp.post("/recordings/<uuid:recording_id>/retention")
def set_retention(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Set how long the recording is kept, once the page has shown what that leads to; until then show it."""
    recording = load_recording(recording_id, policy.set_retention)
    form = RetentionForm(recording)
    if not form.validate():
        return shown(recording, 422, form=form)
    if count := recording.changes_since(form.seen.data):
        form.seen.data = recording.version  # whoever saves once more has read what they replace
        unseen = changes.newest(recording.room_id, ("recording.set_retention",), count, recording.id)
        return shown(recording, 409, form=form, unseen=unseen)
    if not form.is_confirmed:
        form.confirmed.data = word_of(form.days)
        return shown(recording, form=form)
    try:
        service.set_retention(recording, form.days, actor=current_actor())
    except service.AlreadyRemoved:
        return shown(recording, 409, problem=_("This recording expired and its file is gone: nothing can be kept."))
    db.session.commit()
    return _done(recording)


@bp.route("/recordings/<uuid:recording_id>/hold", methods=["GET", "POST"])
def hold(recording_id: uuid.UUID) -> ResponseReturnValue:
    """Put a legal hold on a recording, or end it, with a reason; the storage is told of one before it holds."""
    recording = load_recording(recording_id, policy.hold)
    form = HoldForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return htmx.respond("recordings/hold.html", "recordings/hold.html", status, recording=recording, form=form)
    held = recording.held_at is not None
    if not held:
        db.session.commit()
        try:
            storage.storage().tag(recording.key, classes.HELD)
        except OSError as error:
            log.warning("recording.not_tagged", recording=str(recording.id), code=type(error).__name__)
            return _away()
        recording = load_recording(recording_id, policy.hold)
    try:
        change = legal_hold.release if held else legal_hold.hold
        change(recording, form.reason.data.strip(), actor=current_actor())
    except legal_hold.NotSaved:
        return shown(recording, 409, problem=_("There is no file that could be held."))
    db.session.commit()
    return htmx.go(url_for(".show", recording_id=recording.id))


@bp.get("/media/recordings/<uuid:recording_id>.<suffix>")
def media_file(recording_id: uuid.UUID, suffix: str) -> ResponseReturnValue:
    """Stream the file, whole or in ranges (RFC 9110), to those who may download it, until it expires."""
    recording = load_recording(recording_id, policy.download)
    if not media.has_file(recording, suffix):
        abort(404)
    if expired(recording.expires_at, utcnow()):
        return _gone()
    db.session.commit()
    try:
        found = storage.storage().find(recording.key)
    except OSError as error:
        log.warning("recording.find_failed", recording=str(recording.id), code=type(error).__name__)
        return _away()
    if found is None:
        abort(404)
    return media.answer(recording, found)


@bp.get("/hooks/media-auth")
def media_auth() -> ResponseReturnValue:
    """Tell the proxy whether it may hand out an object of the bucket."""
    return authorise(request, current_user)


def media_url(recording: Recording) -> str:
    """Where the file is streamed from."""
    return url_for("recordings.media_file", recording_id=recording.id, suffix=recording.extension)


def _away() -> Response:
    title = _("The storage didn't answer")
    return errors.refusal(503, title, _("The recording is safe: only reading it failed."), _("Try again in a minute."))


def _gone() -> Response:
    return htmx.respond(
        "error.html",
        "error.html",
        410,
        status=410,
        title=_("This recording has expired"),
        what=_("No one can open it any more."),
        now=_("Ask an owner of the room whether a copy was kept."),
        code="",
        request_id=request_log.current(),
    )


def shown(
    recording: Recording,
    status: int = 200,
    form: RetentionForm | None = None,
    problem: str = "",
    unseen: Sequence[Deed] | None = None,
) -> Response:
    """The recording's page, with what was refused."""
    form = form or _retention_form(recording)
    chosen = form.days if form.confirmed.data and not form.errors else recording.retention_days
    until = expires_at(recording.stored_at, chosen)
    who = watchers.of_room(current_user, recording.room)
    context = {
        "recording": recording,
        "transitions": queries.transitions(recording),
        "form": form,
        "told": recording.tag == recording.wanted_tag or not storage.storage().expires_objects,
        "until": until,
        "reminded": notices.reminded(recording, until),
        "chosen": chosen,
        "who": who,
        "watchers": watchers.able(who),
        "closed": verdicts.of_recording(recording, utcnow()),
        "settings_made": changes.newest(recording.room_id, ("recording.set_retention",), RETENTIONS, recording.id),
        "problem": problem,
        "unseen": unseen,
        "now": utcnow(),
        **notices.shown(recording, current_user),
    }
    return htmx.respond("recordings/show.html", "recordings/_recording.html", status, **context)


def _retention_form(recording: Recording) -> RetentionForm:
    word = word_of(recording.retention_days)
    return RetentionForm(recording, formdata=None, seen=recording.version, keep=word, confirmed=word)


def _done(recording: Recording) -> Response:
    if not htmx.is_swap():
        return htmx.go(url_for(".show", recording_id=recording.id))
    return shown(recording)


def _room_section(room: Room, status: int = 200, form: StartForm | None = None, problem: str = "") -> Response:
    context = {
        "room": room,
        "recordings": queries.of_room(room),
        "running": queries.running(room),
        "recording_form": form or StartForm(formdata=None),
        "problem": problem,
        "now": utcnow(),
    }
    return htmx.respond("recordings/of_room.html", "recordings/_of_room.html", status, **context)
