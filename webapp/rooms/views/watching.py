"""Whether a room's members may watch its recordings."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from webapp.access import queries as access_queries
from webapp.audit.actors import current_actor
from webapp.audit.sentences import Deed
from webapp.core import htmx
from webapp.core.db import db
from webapp.recordings import queries as recording_queries
from webapp.rooms import changes, policy, service
from webapp.rooms.door import load_room
from webapp.rooms.forms import WatchingForm
from webapp.rooms.models import Role, Room
from webapp.rooms.views.blueprint import bp


@bp.get("/<slug>/watching")
def confirm_let_members_watch(slug: str) -> ResponseReturnValue:
    """Say how many people and recordings the switch is about, and ask."""
    room = load_room(slug, policy.let_members_watch)
    return _ask(room, WatchingForm(formdata=None, obj=room, seen=room.version))


@bp.post("/<slug>/watching")
def let_members_watch(slug: str) -> ResponseReturnValue:
    """Let members watch the room's recordings, or no longer."""
    room, form = load_room(slug, policy.let_members_watch), WatchingForm()
    if not form.validate():
        abort(400)
    if count := room.changes_since(form.seen.data):
        form.seen.data = room.version  # whoever saves once more has read what they replace
        return _ask(room, form, 409, changes.newest(room.id, service.CHANGES, count))
    service.let_members_watch(room, form.members_may_watch.data, actor=current_actor())
    db.session.commit()
    return htmx.go(_back(room))


def _ask(room: Room, form: WatchingForm, status: int = 200, unseen: Sequence[Deed] | None = None) -> Response:
    context: dict[str, Any] = {
        "form": form,
        "unseen": unseen,
        "back": _back(room),
        "members": access_queries.counts(room).get(Role.MEMBER, 0),
        "recordings": recording_queries.count_of_room(room),
    }
    return htmx.respond("rooms/watching.html", "rooms/_watching.html", status, room=room, **context)


def _back(room: Room) -> str:
    """The page of the recording that the reader came from, or the room's."""
    try:
        return url_for("recordings.show", recording_id=uuid.UUID(request.args.get("recording", "")))
    except ValueError:
        return url_for(".show", slug=room.slug)
