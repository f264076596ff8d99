"""Who is inside a room now; hosts remove people and end the meeting."""

from flask import Blueprint, Flask, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit import intents
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.live import participants, reconcile, service
from webapp.live.participants import Person
from webapp.livekit import rooms
from webapp.livekit.errors import LiveKitError
from webapp.rooms import policy as room_policy
from webapp.rooms.door import load_room
from webapp.rooms.models import Room

bp = Blueprint("live", __name__)


@bp.get("/rooms/<slug>/inside")
def inside(slug: str) -> ResponseReturnValue:
    """The people in the live room, read from LiveKit."""
    room = load_room(slug, room_policy.view)
    return _show(room)


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
    flash(_("The meeting is over.") if ended else _("Nobody was inside."))
    return _done(room)


def read(room: Room) -> tuple[list[Person], str]:
    """Who is inside, and LiveKit's code when it could not be asked."""
    try:
        return participants.inside(rooms.list_participants(str(room.id))), ""
    except LiveKitError as error:
        return [], error.code


def _show(room: Room) -> ResponseReturnValue:
    inside_now, problem = read(room)
    context = {"room": room, "people": inside_now, "problem": problem, "may_host": room_policy.host}
    return htmx.respond("live/inside.html", "live/_inside.html", **context)


def _done(room: Room) -> ResponseReturnValue:
    if htmx.is_swap():
        return _show(room)
    return htmx.go(url_for("rooms.show", slug=room.slug))


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
