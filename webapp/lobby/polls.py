"""Polls that have nothing new: one short question to the database, in front of Flask.

Thousands of browsers ask every two seconds. What is not answered here goes the ordinary way, which alone decides; the
tests hold both to one answer.
"""

import sqlalchemy as sa
from flask import Flask, Request, Response

from webapp.accounts import sessions
from webapp.accounts.models import Staff, User, UserSession
from webapp.core import gate, htmx
from webapp.core.db import utcnow
from webapp.lobby import bearers
from webapp.lobby.models import Entry, Status
from webapp.lobby.queues import Version
from webapp.lobby.silence import POLL_WRITTEN
from webapp.rooms.models import Access, AccessLevel, Room
from webapp.rooms.policy import HOSTS
from webapp.rooms.queries import ROLE_IN_ROOM

# The statements are made once and read columns: making them takes longer than PostgreSQL takes for the answer.
_entries, _rooms, _accesses = Entry.__table__.c, Room.__table__.c, Access.__table__.c
_sessions, _users = UserSession.__table__.c, User.__table__.c
WAITS = (
    sa.select(_entries.id)
    .join_from(Entry.__table__, Room.__table__, _rooms.id == _entries.room_id)
    .where(_entries.bearer_hash == sa.bindparam("bearer_hash"), _entries.status == Status.WAITING)
    .where(_entries.polled_at > sa.bindparam("written"), _rooms.slug == sa.bindparam("slug"))
    .where(_rooms.deleted_at.is_(None), _rooms.access_level != AccessLevel.PUBLIC)
)
HOSTED = (
    sa.select(_rooms.queue_version, _rooms.web_count + _rooms.phone_count)
    .join_from(UserSession.__table__, User.__table__, _users.id == _sessions.user_id)
    .join(Room.__table__, _rooms.slug == sa.bindparam("slug"))
    .outerjoin(Access.__table__, ROLE_IN_ROOM)
    .where(sessions.HOLDS, _rooms.deleted_at.is_(None))
    .where(sa.or_(_users.staff == Staff.ADMIN, _accesses.role.in_(list(HOSTS))))
)


def waits_on(request: Request, slug: str) -> Response | None:
    """Answer a guest without sign-in who waits on; the page's clock runs by itself."""
    if not htmx.is_swap(request) or sessions.token_of(request):
        return None
    held = bearers.read(request.cookies)
    if len(held) != 1:
        return None
    asked = {"slug": slug, "bearer_hash": held[0], "written": utcnow() - POLL_WRITTEN}
    return Response(status=204) if gate.ask(WAITS, asked) is not None else None


def has_no_news(request: Request, slug: str) -> Response | None:
    """Answer a host's poll of one room's queue that is as the page has it."""
    version = request.args.get("v")
    token = sessions.token_of(request) if version and htmx.is_swap(request) else None
    if not version or not token:
        return None
    row = gate.ask(HOSTED, sessions.asked(token) | {"slug": slug})
    is_known = row is not None and Version.holds(version, f"{row[0]}-{row[1]}")
    return Response(status=204) if is_known else None


def init_app(app: Flask) -> None:
    """Ask here first."""
    gate.answer_at(app, "/join/(?P<slug>[^/]+)/wait", "lobby.wait", waits_on)
    gate.answer_at(app, "/rooms/(?P<slug>[^/]+)/queue", "lobby.queue", has_no_news)
