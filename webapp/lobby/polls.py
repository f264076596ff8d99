"""Polls that have nothing new: one short question to the database, before anything is loaded for a page.

Thousands of browsers ask every two seconds: a guest's poll answered here costs 0.7 ms of processor time, one that goes
the ordinary way and writes 5.7. What is not answered here goes that way, which alone decides; the tests hold both to
one answer.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import request, session
from flask.typing import ResponseReturnValue

from webapp.accounts import sessions
from webapp.accounts.models import Staff, User, UserSession
from webapp.core import htmx
from webapp.core.db import db, utcnow
from webapp.lobby.models import Entry, Status
from webapp.lobby.queues import Version
from webapp.lobby.silence import POLL_WRITTEN
from webapp.rooms.models import Access, AccessLevel, Room, is_open
from webapp.rooms.policy import HOSTS

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
_role = sa.and_(_accesses.room_id == _rooms.id, _accesses.user_id == _users.id, is_open(_accesses))
HOSTED = (
    sa.select(_rooms.queue_version, _rooms.web_count + _rooms.phone_count)
    .join_from(UserSession.__table__, User.__table__, _users.id == _sessions.user_id)
    .join(Room.__table__, _rooms.slug == sa.bindparam("slug"))
    .outerjoin(Access.__table__, _role)
    .where(sessions.HOLDS, _rooms.deleted_at.is_(None))
    .where(sa.or_(_users.staff == Staff.ADMIN, _accesses.role.in_(list(HOSTS))))
)


def still_waits(slug: str, bearer_hashes: Sequence[str]) -> bool:
    """Tell whether a guest without sign-in waits on, and the poll has nothing to write yet."""
    if len(bearer_hashes) != 1 or sessions.COOKIE_KEY in session:
        return False
    asked = {"slug": slug, "bearer_hash": bearer_hashes[0], "written": utcnow() - POLL_WRITTEN}
    return _ask(WAITS, asked) is not None


def answer() -> ResponseReturnValue | None:
    """Answer a host's poll of one room's queue that is as the page has it; None: the ordinary way decides."""
    version = request.args.get("v")
    if request.endpoint != "lobby.queue" or not version or not htmx.is_swap():
        return None
    token = session.get(sessions.COOKIE_KEY)
    if not token:
        return None
    row = _ask(HOSTED, sessions.asked(token) | {"slug": (request.view_args or {})["slug"]})
    return htmx.unchanged() if row is not None and Version.holds(version, f"{row[0]}-{row[1]}") else None


def _ask(question: sa.Select[Any], values: dict[str, Any]) -> Any:
    with db.reader.connect() as connection:
        return connection.execute(question, values).first()
