"""How a room and its callers stand by our rows: one short question, because a mute waits for the answer."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.calls.models import Call, Hold
from webapp.core.db import db
from webapp.holds import unmute
from webapp.holds.models import Probe
from webapp.lobby.models import Entry, Status
from webapp.rooms.models import AccessLevel, Room

# The statements are made once, read columns, and are asked beside the session, whose transaction may have to wait.
_rooms, _probes = Room.__table__.c, Probe.__table__.c
_calls, _entries = Call.__table__.c, Entry.__table__.c
_probed = _probes.name == unmute.NAME
_lined_up = _entries.sip_call_id == _calls.sip_call_id


def _where(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    of_room = (_rooms.access_level, _rooms.deleted_at, _probes.works, _probes.learnt_at)
    told = sa.select(*of_room, _calls.sip_call_id, _calls.hold, _calls.muted_at, _entries.status)
    found = Room.__table__.outerjoin(Probe.__table__, _probed).outerjoin(Call.__table__, which)
    told = told.select_from(found.outerjoin(Entry.__table__, _lined_up))
    return told.where(_rooms.id == sa.bindparam("room"))


BY_CALL = _where(_calls.sip_call_id.in_(sa.bindparam("calls", expanding=True)))
BY_SID = _where(sa.and_(_calls.participant_sid == sa.bindparam("sid"), _calls.left_at.is_(None)))


@dataclass(frozen=True)
class HoldStatus:
    """A room that may have callers; `works`: LiveKit can unmute, None when that is not known.

    An old refusal is none: the next caller is asked, so that whoever has just allowed it sees that it works.
    """

    room_id: uuid.UUID
    public: bool
    gone: bool  # the room was deleted
    works: bool | None
    holds: dict[str, Hold | None]  # by call; unknown calls are left out
    muted: dict[str, datetime]  # the calls that we muted and have not let go, and since when
    waiting: frozenset[str]  # the calls that are in the queue

    @property
    def room(self) -> str:
        """The live room's name."""
        return str(self.room_id)


def of_calls(room_id: uuid.UUID, call_ids: Collection[str]) -> HoldStatus | None:
    """How the room and these calls stand; None for a room that is not ours."""
    return _ask(room_id, BY_CALL, calls=list(call_ids))


def of_sid(room_id: uuid.UUID, sid: str) -> HoldStatus | None:
    """How the room stands and the call that is there under LiveKit's sid."""
    return _ask(room_id, BY_SID, sid=sid)


def _ask(room_id: uuid.UUID, question: sa.Select[Any], **values: object) -> HoldStatus | None:
    with db.reader.connect() as connection:
        rows = connection.execute(question, {"room": room_id, **values}).all()
    if not rows:
        return None
    level, deleted_at, works, learnt_at = rows[0][:4]
    works = None if works is False and not unmute.is_fresh(works, learnt_at) else works
    calls = [row[4:] for row in rows if row[4] is not None]
    waiting = frozenset(call_id for call_id, _hold, _muted_at, status in calls if status is Status.WAITING)
    holds = {call_id: hold for call_id, hold, _muted_at, _status in calls}
    muted = {call_id: muted_at for call_id, _hold, muted_at, _status in calls if muted_at is not None}
    return HoldStatus(room_id, level is AccessLevel.PUBLIC, deleted_at is not None, works, holds, muted, waiting)
