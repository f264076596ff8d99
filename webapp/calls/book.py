"""Book-keeping of callers' visits, by LiveKit's sip.callID: identities are numbers, and a sid dies with LiveKit."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError

from webapp.calls import pseudonyms
from webapp.calls.models import Call, Hold, Outcome
from webapp.core.db import db, utcnow
from webapp.livekit.rooms import Participant
from webapp.rooms.models import Room

REFUSED = Counter("frontdesk_calls_refused_total", "Calls that Frontdesk ended, by reason", ["reason"])
LOST = "lost"  # nobody told why the visit ended
REPLACED = "duplicate_identity"  # LiveKit lets a number in once: its next call ended this one


def came(
    room_id: uuid.UUID | None, call_id: str, *, trunk_id: str = "", sid: str = "", caller: str = "", ending: str = ""
) -> Call:
    """The visit of a call, begun when it is new; a known one may be back with another sid.

    Who calls is written down once: the pseudonym changes with its key, and a visit keeps the one it came under.
    """
    call = _find(call_id)
    if call is None:
        call = _begin(Call(sip_call_id=call_id[:128], room_id=room_id, trunk_id=trunk_id))
    if sid and call.left_at is None:
        call.participant_sid = sid
    call.caller, call.ending = call.caller or caller, call.ending or ending
    db.session.flush()
    return call


def come_back(call: Call, sid: str) -> None:
    """The caller is inside, whatever was told of an end: LiveKit's word of now counts."""
    if call.outcome is Outcome.ENDED:
        call.outcome, call.left_at, call.end_reason, call.participant_sid = Outcome.INSIDE, None, "", sid


def left(room_id: uuid.UUID | None, call_id: str, *, reason: str, sid: str = "", **told: str) -> bool:
    """End the visit, also one whose beginning nobody told us of; the first known reason stays.

    False when the caller stays: LiveKit restarted under the call, and it is the old sid that goes.
    """
    call = came(room_id, call_id, **told)
    if sid and call.participant_sid and sid != call.participant_sid and call.outcome is Outcome.INSIDE:
        return False
    call.left_at, call.participant_sid = call.left_at or utcnow(), call.participant_sid or sid
    if call.outcome is Outcome.INSIDE:
        call.outcome = Outcome.ENDED
    if call.end_reason in {"", LOST}:
        call.end_reason = reason
    db.session.flush()
    return True


def removed(room_id: uuid.UUID, sid: str) -> None:
    """The host sent away whoever had that sid, if it was a caller."""
    mine = sa.select(Call).where(Call.room_id == room_id, Call.participant_sid == sid)
    for call in db.session.scalars(mine):
        left(room_id, call.sip_call_id, reason="participant_removed")


def refuse_without_number(call_id: str, trunk_id: str) -> None:
    """Count the call that landed with the guard, once."""
    call = came(None, call_id, trunk_id=trunk_id)
    if call.outcome is not Outcome.NO_CALLER_NUMBER:
        REFUSED.labels("no_caller_number").inc()
    call.outcome, call.left_at = Outcome.NO_CALLER_NUMBER, call.left_at or utcnow()
    call.end_reason = "no_caller_number"
    db.session.flush()


def decide(call_ids: Collection[str], hold: Hold, *, by_id: uuid.UUID | None, at: datetime) -> None:
    """A host's word on calls that are held: compare and set, so that what was said before stands."""
    if not call_ids:
        return
    held = sa.update(Call).where(Call.sip_call_id.in_(call_ids), Call.hold == Hold.HELD)
    said = held.values(hold=hold, decided_at=at, decided_by_id=by_id)
    db.session.execute(said, execution_options={"synchronize_session": False})


def observe(room_id: uuid.UUID, phones: Iterable[Participant]) -> None:
    """Make the open visits of a room those that LiveKit lists: begin the untold ones, end the lost ones."""
    _hold_room(room_id)
    inside = {phone.call_id: phone for phone in phones if phone.call_id}
    gone = [call for call in _open(room_id) if call.sip_call_id not in inside]
    names = pseudonyms.all_of(pseudonyms.digest_of(one.identity, one.attributes) for one in inside.values() if gone)
    for call in gone:
        left(room_id, call.sip_call_id, reason=REPLACED if call.caller in names else LOST)
    for call_id, phone in inside.items():
        call = came(room_id, call_id, trunk_id=phone.attributes.get("sip.trunkID", ""), sid=phone.sid)
        if not call.caller:
            known = pseudonyms.known_by(phone.identity, phone.name, phone.attributes)
            call.caller, call.ending = known["caller"], known["ending"]
        come_back(call, phone.sid)
    db.session.flush()


def number(room_id: uuid.UUID, meeting_sid: str, call_ids: Sequence[str]) -> dict[str, int]:
    """The number in the meeting of each call in the book, given to those without one in this order.

    A call keeps its number, and no other call of the meeting gets it: not even the next of the same caller, because who
    calls with a number need not be who called with it before.
    """
    _hold_room(room_id)
    mine = sa.select(Call).where(Call.room_id == room_id, Call.sip_call_id.in_(call_ids))
    calls = {call.sip_call_id: call for call in db.session.scalars(mine.execution_options(populate_existing=True))}
    of_meeting = sa.or_(Call.meeting_sid == meeting_sid, Call.left_at.is_(None))  # LiveKit may have lost its session
    last = db.session.scalar(sa.select(sa.func.max(Call.meeting_number)).where(Call.room_id == room_id, of_meeting))
    without = (calls[each] for each in call_ids if each in calls and calls[each].meeting_number is None)
    for following, call in enumerate(without, (last or 0) + 1):
        call.meeting_number, call.meeting_sid = following, meeting_sid
    db.session.flush()
    return {call_id: call.meeting_number for call_id, call in calls.items() if call.meeting_number is not None}


def numbers(call_ids: Collection[str]) -> dict[str, int]:
    """The numbers that calls have in their meetings; those without one are left out. Asked beside the session."""
    found = sa.select(Call.sip_call_id, Call.meeting_number).where(Call.sip_call_id.in_(call_ids))
    with db.reader.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(found) if row[1] is not None}


def endings(call_ids: Collection[str]) -> dict[str, str]:
    """The last two digits of the numbers that made these calls; empty for withheld ones."""
    found = sa.select(Call.sip_call_id, Call.ending).where(Call.sip_call_id.in_(call_ids))
    return {row[0]: row[1] for row in db.session.execute(found)} if call_ids else {}


def end_all(room_id: uuid.UUID, reason: str) -> None:
    """The room is over, so is every visit to it."""
    _hold_room(room_id)
    for call in _open(room_id):
        left(room_id, call.sip_call_id, reason=reason)


def _hold_room(room_id: uuid.UUID) -> None:
    """The room's row first, as everybody does who changes its queue: else two wait for each other's calls."""
    db.session.execute(sa.select(Room.id).where(Room.id == room_id).with_for_update())


def _open(room_id: uuid.UUID) -> Sequence[Call]:
    return db.session.scalars(sa.select(Call).where(Call.room_id == room_id, Call.left_at.is_(None))).all()


def _find(call_id: str) -> Call | None:
    return db.session.scalar(sa.select(Call).where(Call.sip_call_id == call_id[:128]))


def _begin(call: Call) -> Call:
    try:
        with db.collision_safe():
            db.session.add(call)
    except IntegrityError:  # another process heard of it first
        return db.session.scalars(sa.select(Call).where(Call.sip_call_id == call.sip_call_id)).one()
    return call
