"""Who was let in once need not wait again soon: a caller who was cut off comes back within ten minutes.

The same caller is known by a pseudonym; who withholds the number has none and waits each time.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.calls import pseudonyms
from webapp.calls.models import Call, Hold
from webapp.core.db import db, utcnow
from webapp.livekit.rooms import Participant

HOLDS_FOR = timedelta(minutes=10)
SENT_AWAY = ("participant_removed", "room_deleted")  # a host ended the visit: that is no cut


@dataclass(frozen=True)
class Admission:
    """A host's word of before, which holds again."""

    by_id: uuid.UUID | None


def earlier(room_id: uuid.UUID, phone: Participant) -> Admission | None:
    """The admission of the same caller to the same room, if that visit has not ended for longer than ten minutes.

    A visit that is still open is being ended by this very call: LiveKit lets one caller in once. The last visit that a
    host decided about counts alone: whoever was removed from it has no older admission to fall back on.
    """
    found = pseudonyms.digest_of(phone.identity, phone.attributes)
    if not found:
        return None
    with Session(db.reader) as reading:
        names = pseudonyms.pseudonyms(found, reading)
        same = sa.and_(Call.caller.in_(names), Call.caller != "", Call.room_id == room_id)
        decided = sa.and_(Call.hold.in_([Hold.ADMITTED, Hold.DENIED]), Call.sip_call_id != phone.call_id)
        last = reading.scalar(sa.select(Call).where(same, decided).order_by(Call.id.desc()).limit(1))
    if last is None or last.hold is Hold.DENIED or last.end_reason in SENT_AWAY:
        return None
    cut_off_lately = last.left_at is None or last.left_at > utcnow() - HOLDS_FOR
    return Admission(last.decided_by_id) if cut_off_lately else None
