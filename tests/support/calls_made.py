"""Visits by phone as the hooks would have booked them."""

import itertools
from datetime import timedelta
from typing import Any

from webapp.calls.models import Call, Outcome
from webapp.core.db import db, new_id, utcnow
from webapp.rooms.models import Room

_serial = itertools.count(1)


def made(room: Room | None, *, minutes: float = 5, stayed: float | None = 60, **fields: Any) -> Call:
    """A call that came so many minutes ago and stayed so many seconds (None: is inside still)."""
    came = utcnow() - timedelta(minutes=minutes)
    left = None if stayed is None else came + timedelta(seconds=stayed)
    values = {
        "id": new_id(),
        "sip_call_id": f"SCL_made{next(_serial)}",
        "room_id": room.id if room else None,
        "trunk_id": room.trunk_id if room else "",
        "came_at": came,
        "left_at": left,
        "outcome": Outcome.INSIDE if left is None else Outcome.ENDED,
        "end_reason": "" if left is None else "client_initiated",
        **fields,
    }
    call = Call(**values)
    db.session.add(call)
    db.session.commit()
    return call
