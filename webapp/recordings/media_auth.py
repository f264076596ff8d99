"""What a proxy asks before it hands out an object of the bucket: may this person have exactly that, now?

nginx asks by auth_request (ngx_http_auth_request_module), Traefik by forwardAuth. Only 200, 401, 403 and, while the
database is away, 503 are answers to them: with any other nginx would say 500. The proxy must not let browsers ask this
address, since who may have an object gets the headers that open it.
"""

import re
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Request, Response

from webapp.accounts import sessions
from webapp.accounts.models import User, UserSession
from webapp.core import gate
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.core.times import reader_zone
from webapp.recordings import queries, verdicts
from webapp.recordings.downloads import disposition
from webapp.recordings.models import Recording
from webapp.recordings.storage import storage
from webapp.recordings.verdicts import WatchVerdict
from webapp.rooms.models import Access, Role, Room
from webapp.rooms.queries import ROLE_IN_ROOM

HEX = "[0-9a-f]"
PATH = re.compile(rf"/media/recordings/({HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}})\.([a-z0-9]+)", re.ASCII)
HEADERS = {"nginx": ("X-Original-Method", "X-Original-URI"), "traefik": ("X-Forwarded-Method", "X-Forwarded-Uri")}
METHODS = ("GET", "HEAD")
_FROM_RECORDING = ("mode", "state", "key", "created_at", "expires_at", "deleting_at")
_FROM_ROOM = ("name", "members_may_watch")
_sessions, _users = UserSession.__table__.c, User.__table__.c
_recordings, _rooms, _accesses = Recording.__table__.c, Room.__table__.c, Access.__table__.c
# Who is signed in, the recording and the role in its room, by one statement that is made once.
FOUND = (
    sa.select(*(_recordings[name] for name in _FROM_RECORDING), *(_rooms[name] for name in _FROM_ROOM))
    .add_columns(_accesses.role, _users.timezone)
    .join_from(UserSession.__table__, User.__table__, _users.id == _sessions.user_id)
    .join(Recording.__table__, _recordings.id == sa.bindparam("recording_id"))
    .join(Room.__table__, _rooms.id == _recordings.room_id)
    .join(Access.__table__, ROLE_IN_ROOM)
    .where(sessions.HOLDS)
)


@dataclass(frozen=True)
class Asked:
    """What the proxy was asked for."""

    method: str
    recording_id: uuid.UUID
    extension: str


def authorise_at_once(request: Request) -> Response | None:
    """200 before Flask is asked, for whoever may have the object; None leaves all else to `authorise`."""
    asked, token = _asked(request), sessions.token_of(request)
    if asked is None or not token:
        return None
    found = gate.ask(FOUND, sessions.asked(token) | {"recording_id": asked.recording_id})
    if found is None:
        return None
    row = found._mapping
    recording = Recording(**{name: row[name] for name in _FROM_RECORDING})
    recording.room = Room(**{name: row[name] for name in _FROM_ROOM})
    opening = _opening(recording, row["role"], asked, ZoneInfo(row["timezone"] or settings.timezone))
    return opening if opening.status_code == 200 else None


def authorise(request: Request, user: User) -> Response:
    """200 with the headers that open the object for that method alone, and what the file is called where it is saved.

    401 and 403 have nothing to tell.
    """
    asked = _asked(request)
    if not user.is_authenticated:
        return Response(status=401)
    recording = queries.by_id(user, asked.recording_id) if asked is not None else None
    if asked is None or recording is None:
        return Response(status=403)
    zone, role = reader_zone(), recording.room.role_of(user)
    db.session.commit()
    return _opening(recording, role, asked, zone)


def _asked(request: Request) -> Asked | None:
    """Nothing but one spelling of one object's address, which then needs no second look."""
    of_method, of_path = HEADERS[settings.media_auth_headers]
    method, path = request.headers.get(of_method, ""), PATH.fullmatch(request.headers.get(of_path, ""))
    return Asked(method, uuid.UUID(path[1]), path[2]) if path and method in METHODS else None


def _opening(recording: Recording, role: Role | None, asked: Asked, zone: ZoneInfo) -> Response:
    if asked.extension != recording.extension or verdicts.of_role(recording, role, utcnow()) is not WatchVerdict.OPEN:
        return Response(status=403)
    opening = storage().signed(asked.method, recording.key)
    if opening is None:  # in a folder: Frontdesk streams it itself
        return Response(status=403)
    named = {"X-Media-Name": disposition(recording, zone), "Cache-Control": "no-store"}
    return Response(status=200, headers={**opening, **named})
