"""Who was let in once need not wait again soon: a caller who was cut off comes back within ten minutes.

The same caller is known by a pseudonym; who withholds the number has none and waits each time.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.db import db, utcnow
from webapp.livekit.rooms import Participant
from webapp.telephony import callers
from webapp.telephony.models import Call, Hold

HOLDS_FOR = timedelta(minutes=10)
SENT_AWAY = ("participant_removed", "room_deleted")  # a host ended the visit: that is no cut


@dataclass(frozen=True)
class Admission:
    """A host's word of before, which holds again."""

    by_id: uuid.UUID | None


def earlier(room_id: uuid.UUID, phone: Participant) -> Admission | None:
    """The admission of the same caller to the same room, if that visit has not ended for longer than ten minutes.

    A visit that is still open is being ended by this very call: LiveKit lets one caller in once.
    """
    found = callers.digest_of(phone.identity, phone.attributes)
    if not found:
        return None
    with Session(db.reader) as reading:
        names = callers.pseudonyms(found, reading)
        recent = sa.or_(Call.left_at.is_(None), Call.left_at > utcnow() - HOLDS_FOR)
        same = sa.and_(Call.caller.in_(names), Call.caller != "", Call.room_id == room_id)
        admitted = sa.and_(Call.hold == Hold.ADMITTED, Call.end_reason.not_in(SENT_AWAY), recent)
        newest = sa.select(Call.decided_by_id).where(same, admitted, Call.sip_call_id != phone.call_id)
        row = reading.execute(newest.order_by(Call.id.desc()).limit(1)).first()
    return Admission(row[0]) if row else None
