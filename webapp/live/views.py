"""Who is inside a room now; hosts remove people and end the meeting."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Flask, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.audit import intents
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.live import participants, reconcile, service
from webapp.live.attributes import Attribute
from webapp.live.forms import RevealForm
from webapp.live.participants import Person
from webapp.livekit import rooms
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import Participant
from webapp.rooms import policy as room_policy
from webapp.rooms.door import limit_reveals, load_room
from webapp.rooms.models import Room

bp = Blueprint("live", __name__)


@bp.get("/rooms/<slug>/inside")
def inside(slug: str) -> ResponseReturnValue:
    """The people in the live room, read from LiveKit."""
    room = load_room(slug, room_policy.view)
    return _show(room)


@bp.get("/rooms/<slug>/inside/remove")
def confirm_remove_participant(slug: str) -> ResponseReturnValue:
    """Ask once before one person is thrown out: below their row, or as a page."""
    room = load_room(slug, room_policy.host)
    db.session.commit()
    there = participants.inside(rooms.list_participants(str(room.id)))
    person = next((one for one in there if one.sid == request.args.get("sid", "")), None)
    if person is None:
        abort(409, _("That person has left already."))
    back = "" if htmx.is_swap() else url_for(".inside", slug=room.slug)
    return htmx.respond("live/remove.html", "live/_remove.html", room=room, person=person, back=back)


@bp.post("/rooms/<slug>/inside/remove")
def remove_participant(slug: str) -> ResponseReturnValue:
    """Throw one person out; a caller hears the line end."""
    room = load_room(slug, room_policy.host)
    name, sid = str(room.id), request.form.get("sid", "")
    db.session.commit()
    with intents.alone("room", name):
        participant = next((one for one in rooms.list_participants(name) if one.sid == sid), None)
        if participant is None:
            abort(409, _("That person has left already."))
        entry = service.remove_participant(room, participant, actor=current_actor())
        intents.carry_out(
            entry,
            lambda: rooms.remove_participant(name, participant.identity),
            lambda _removed: service.participant_removed(room.id, participant),
        )
    reconcile.now(room)
    return _done(room)


@bp.post("/rooms/<slug>/inside/reveal")
@limit_reveals
def reveal_participant(slug: str) -> ResponseReturnValue:
    """Show one person's number and attributes to those who may, and keep that they were shown."""
    room = load_room(slug, room_policy.reveal_participant)
    form = RevealForm()
    db.session.commit()
    if not form.validate() or (_needs_reason(room) and not form.reason.data):
        form.reason.errors = [*form.reason.errors, _("Enter a reason: it's logged.")]
        return _show(room, 422, refused=form)
    there = rooms.list_participants(str(room.id))
    participant = next((one for one in there if one.sid == form.sid.data), None)
    if participant is None:
        abort(409, _("That person has left already."))
    room = load_room(slug, room_policy.reveal_participant)  # numbers may be hidden by now
    found = service.reveal_participant(room, participant, actor=current_actor(), reason=form.reason.data or "")
    db.session.commit()
    return _show(room, revealed={participant.sid: found}, there=there)


@bp.post("/rooms/<slug>/end")
def end_meeting(slug: str) -> ResponseReturnValue:
    """End the meeting for everybody inside."""
    room = load_room(slug, room_policy.host)
    name = str(room.id)
    db.session.commit()
    with intents.alone("room", name):
        session = next((live.sid for live in rooms.list_rooms([name])), "")
        entry = service.end_meeting(room, session, actor=current_actor())
        ended = intents.carry_out(entry, lambda: rooms.delete_room(name), lambda _ended: service.meeting_ended(room.id))
    reconcile.now(room)
    flash(_("The meeting is over.") if ended else _("No one was in the meeting."))
    return _done(room)


def read(room: Room) -> tuple[list[Person], str]:
    """Who is inside, and LiveKit's code when it could not be asked."""
    try:
        return participants.inside(rooms.list_participants(str(room.id))), ""
    except LiveKitError as error:
        return [], error.code


def _show(
    room: Room,
    status: int = 200,
    refused: RevealForm | None = None,
    revealed: Mapping[str, Sequence[Attribute]] | None = None,
    there: list[Participant] | None = None,
) -> ResponseReturnValue:
    inside_now, problem = read(room) if there is None else (participants.inside(there), "")
    sids = {person.sid for person in inside_now}
    context = {
        "room": room,
        "people": inside_now,
        "problem": problem,
        "may_host": room_policy.host,
        "may_reveal": room_policy.reveal_participant(current_user, room),
        "needs_reason": _needs_reason(room),
        "reveal_form": lambda sid: _form_of(sid, refused),
        "refused": refused.sid.data if refused else "",
        "revealed": {sid: found for sid, found in (revealed or {}).items() if sid in sids},
    }
    return htmx.respond("live/inside.html", "live/_inside.html", status, **context)


def _needs_reason(room: Room) -> bool:
    return room_policy.reveal_participant_needs_reason(current_user, room)


def _form_of(sid: str, refused: RevealForm | None) -> RevealForm:
    """What was typed about a person stays, beside why it was refused."""
    return (refused if refused and refused.sid.data == sid else RevealForm(formdata=None)).of(sid)


def _done(room: Room) -> ResponseReturnValue:
    if htmx.is_swap():
        return _show(room)
    return htmx.go(url_for("rooms.show", slug=room.slug))


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
