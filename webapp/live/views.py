"""Who is inside a room now; hosts remove people and end the meeting."""

from flask import Blueprint, Flask, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit import service as audit
from webapp.audit.actors import current_actor
from webapp.calls import book
from webapp.core import htmx
from webapp.core.db import db
from webapp.live import participants, reconcile
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
    db.session.commit()
    sid = request.form.get("sid", "")
    found = next((one for one in rooms.list_participants(str(room.id)) if one.sid == sid), None)
    if found is None:
        abort(409, _("That person has left already."))
    rooms.remove_participant(str(room.id), found.identity)
    if found.call_id:  # at once, so that whoever was sent away does not come in again as one who was cut off
        book.left(room.id, found.call_id, reason="participant_removed", sid=found.sid)
    audit.record("room.remove_participant", room, current_actor(), kind="phone" if found.is_phone else "web")
    db.session.commit()
    reconcile.now(room)
    return _done(room)


@bp.post("/rooms/<slug>/end")
def end_meeting(slug: str) -> ResponseReturnValue:
    """End the meeting for everybody inside."""
    room = load_room(slug, room_policy.host)
    db.session.commit()
    ended = rooms.delete_room(str(room.id))
    book.end_all(room.id, "room_deleted")  # nobody was cut off, whatever LiveKit tells of it later
    audit.record("room.end_meeting", room, current_actor(), web=room.web_count, phones=room.phone_count)
    db.session.commit()
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
