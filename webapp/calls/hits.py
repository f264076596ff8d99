"""Calls as the search finds them: by LiveKit's id of one, never by a number."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.calls import policy
from webapp.calls.models import Call
from webapp.core.db import db
from webapp.rooms.models import Room


def _find(words: str, user: User, limit: int) -> list[Hit]:
    if not policy.view(user):
        return []
    columns: tuple[Any, ...] = (Call.id, Call.sip_call_id, Call.came_at, Room.name)
    calls = sa.select(*columns).select_from(Call).outerjoin(Room, Room.id == Call.room_id)
    rows = db.session.execute(calls.where(Call.sip_call_id == words).limit(limit))
    return [
        Hit(
            "calls.show",
            _("Call to %(room)s", room=row.name) if row.name else _("Call to no room"),
            {"call_id": row.id},
            row.sip_call_id,
            row.came_at,
        )
        for row in rows
    ]


CALL_HITS = SearchSource("calls", _l("Calls"), "calls", _find)
