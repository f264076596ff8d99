"""The one door to a room: load it for a verb, or refuse."""

from collections.abc import Callable
from typing import NoReturn

from flask import abort, redirect, request
from flask_babel import gettext as _
from flask_login import current_user

from webapp.accounts.models import User
from webapp.audit import queries as audit_queries
from webapp.audit import sentences
from webapp.core import addresses, times
from webapp.core.db import READING
from webapp.core.security import limiter
from webapp.rooms import policy, queries
from webapp.rooms.models import Room

limit_reveals = limiter.shared_limit("30 per minute", scope="reveals", key_func=lambda: str(current_user.get_id()))


def load_room(slug: str, may: Callable[[User, Room], bool]) -> Room:
    """The room of the link, for a verb of a policy; an unsafe request holds its row until the commit.

    Strangers get 404, members who may not 403; a link that the room had before leads on to its new one.
    """
    room = queries.by_slug(slug, current_user, lock=request.method not in READING)
    if room is None:
        _by_another_link(slug)
    if not policy.view(current_user, room):
        abort(404)
    if not may(current_user, room):
        abort(403)
    return room


def lead_on(room: Room, *, renamed: bool) -> NoReturn:
    """Redirect to the same page under the room's link of now: for good where the room had the link asked for before."""
    abort(redirect(addresses.here(slug=room.slug), 301 if renamed and request.method in READING else 308))


def _tell_of_the_deleted(slug: str) -> NoReturn:
    """Tell whoever had a role to the end that the room is deleted, and by whom; whoever had none gets 404."""
    room = queries.deleted(slug, current_user)
    if room is None or not policy.view(current_user, room):
        abort(404)
    entry = audit_queries.last_of_room(room.id, "room.delete")
    who, when = (sentences.who(entry), times.ago(entry.at)) if entry else ("", "")
    words = _("%(who)s deleted the room “%(name)s” (%(when)s).", who=who, name=room.name, when=when)
    abort(410 if request.method in READING else 409, words)


def _by_another_link(slug: str) -> NoReturn:
    """Lead on to the room that had this link before, or that it means as typed; strangers to that get 404."""
    renamed = queries.by_old_slug(slug, current_user)
    room = renamed or queries.by_typed_slug(slug, current_user)
    if room is None:
        _tell_of_the_deleted(slug)
    if not policy.view(current_user, room):
        abort(404)
    lead_on(room, renamed=renamed is not None)
