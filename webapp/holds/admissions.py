"""Who was let in once need not wait again soon: a caller who was cut off comes back within ten minutes.

The same caller is known by a pseudonym; who withholds the number has none and waits each time. So does whoever calls
with the number of somebody who is inside: LiveKit ends the first call for the second, and a number is easily feigned.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.calls import book, pseudonyms
from webapp.calls.models import Call, Hold
from webapp.core.db import db, utcnow
from webapp.livekit.rooms import Participant

HOLDS_FOR = timedelta(minutes=10)
NO_CUT = ("participant_removed", "room_deleted", book.REPLACED)  # a host ended the visit, or another call did


@dataclass(frozen=True)
class Admission:
    """A host's word of before, which holds again."""

    by_id: uuid.UUID | None


def earlier(room_id: uuid.UUID, phone: Participant) -> Admission | None:
    """The admission of the same caller to the same room, if that visit has not ended for longer than ten minutes.

    The last visit that a host decided about counts alone: whoever was removed from it has no older admission to fall
    back on. None while any visit is open, or where another call ended it.
    """
    lasting = Call.left_at.is_(None)
    counts = sa.or_(Call.hold.in_([Hold.ADMITTED, Hold.DENIED]), lasting, Call.end_reason == book.REPLACED)
    last = _newest(room_id, phone, counts, lasting.desc())
    if last is None or last.left_at is None or last.hold is not Hold.ADMITTED or last.end_reason in NO_CUT:
        return None
    return Admission(last.decided_by_id) if last.left_at > utcnow() - HOLDS_FOR else None


def ended_another(room_id: uuid.UUID, phone: Participant) -> bool:
    """The same caller was in the room already, as far as a number tells: LiveKit ended that call when this one came."""
    last = _newest(room_id, phone)
    return last is not None and (last.left_at is None or last.end_reason == book.REPLACED)


def _newest(
    room_id: uuid.UUID,
    phone: Participant,
    which: sa.ColumnElement[bool] | None = None,
    *first: sa.ColumnElement[Any],
) -> Call | None:
    """The last other visit of the same caller to the room; asked beside the session, which may have to wait."""
    found = pseudonyms.digest_of(phone.identity, phone.attributes)
    if not found:
        return None
    with Session(db.reader) as reading:
        names = pseudonyms.pseudonyms(found, reading)
        same = sa.and_(Call.caller.in_(names), Call.caller != "", Call.room_id == room_id)
        others = sa.select(Call).where(same, Call.sip_call_id != phone.call_id)
        others = others.where(which) if which is not None else others
        return reading.scalar(others.order_by(*first, Call.id.desc()).limit(1))
