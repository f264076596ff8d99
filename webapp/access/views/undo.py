"""Undoing what one just did to who has access: offered on every page for ten seconds, and on one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import policy, service, undo
from webapp.access.undo import Undoable, UndoKind
from webapp.access.views.blueprint import bp
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db, utcnow
from webapp.core.security import require
from webapp.rooms import queries as room_queries

KEY = "undo_access"  # of the cookie, which lasts longer than what it names
MOST = 5  # at a time
PAGE = "access/undo.html"


@dataclass(frozen=True)
class UndoOffer:
    """Something to undo: in words, what the button is called, and what stands for it in the form."""

    done: str
    label: str
    token: str


def offer(made: Undoable) -> None:
    """Let the reader's next pages offer to undo it."""
    session[KEY] = [*_recent(), [undo.token(made), made.until.timestamp()]][-MOST:]


def offers() -> Sequence[UndoOffer]:
    """What the reader can undo now, newest first; nothing is read of the database where there was nothing."""
    found = []
    for token, _until in reversed(_recent()):
        meant = undo.read(token)
        made = undo.undoable(*meant, current_user.id) if meant and current_user.is_authenticated else None
        if made is not None:
            found.append(_in_words(made, token))
    return found


def _recent() -> list[tuple[str, float]]:
    now = utcnow().timestamp()
    return [(token, until) for token, until in session.get(KEY, []) if until > now]


def _in_words(made: Undoable, token: str) -> UndoOffer:
    room, name = made.room.name, made.closed[0].user.name
    if made.kind is UndoKind.TRANSFER:
        return UndoOffer(_("Ownership transferred"), _("Undo the transfer"), token)
    if made.kind is UndoKind.LEAVE:
        return UndoOffer(_("You left %(name)s.", name=room), _("Undo leaving %(room)s", room=room), token)
    done = _("%(name)s no longer has access to %(room)s.", name=name, room=room)
    return UndoOffer(done, _("Undo removing %(name)s", name=name), token)


@bp.get("/access/undo")
def undo_page() -> ResponseReturnValue:
    """What the reader can undo now."""
    require(policy.undo)
    return htmx.respond(PAGE, PAGE, problem="", undos=offers())


@bp.post("/access/undo")
def take_back() -> ResponseReturnValue:
    """Give everybody the role back that they had before what the reader did a moment ago."""
    require(policy.undo)
    meant = undo.read(request.form.get("token", ""))
    try:
        if meant is None:
            raise service.TooLate
        undo.hold_room(meant[1])
        made = service.take_back(*meant, actor=current_actor())
    except service.TooLate:
        db.session.rollback()
        problem = _("Not undone: more than 10 seconds have passed, or the access has changed since.")
        return htmx.respond(PAGE, PAGE, 409, problem=problem, undos=offers())
    flash(_success(made))
    db.session.commit()
    return _back(made)


def _success(made: Undoable) -> str:
    if made.kind is UndoKind.TRANSFER:
        return str(_("The transfer is undone. Everyone has the role they had before."))
    if made.kind is UndoKind.LEAVE:
        return str(_("You have access to %(room)s again.", room=made.room.name))
    return str(_("%(name)s has access to %(room)s again.", name=made.closed[0].user.name, room=made.room.name))


def _back(made: Undoable) -> Response:
    """Where it was done, for those who still may see that."""
    room = room_queries.by_slug(made.room.slug, current_user)
    if room is None or not (policy.view(current_user, room) or room.role_of(current_user)):
        return htmx.go(url_for("rooms.index"))
    if made.kind is UndoKind.LEAVE or not policy.view(current_user, room):
        return htmx.go(url_for("rooms.show", slug=room.slug))
    return htmx.go(url_for(".index", slug=room.slug))
