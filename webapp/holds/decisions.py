"""What becomes of a call, written down: on the call and in the queue at once. The first word stands."""

import uuid
from datetime import datetime

import sqlalchemy as sa

from webapp.calls import book, pseudonyms
from webapp.calls.models import Call, Hold
from webapp.core.db import db, utcnow
from webapp.holds import admissions, queue
from webapp.livekit.rooms import Participant
from webapp.lobby.service import move_version

TRUNK = "sip.trunkID"
LOBBY_FULL, NO_HOLD, DELETED = "lobby_full", "no_hold", "room_deleted"  # why callers are turned away


def wait(room_id: uuid.UUID, phone: Participant, took_ms: int | None = None) -> Hold | None:
    """The caller waits in the queue, or is turned away when too many do, unless another word was said already.

    `took_ms` is how long they could be heard before. Gives what holds. Commits.
    """
    ended_another = admissions.ended_another(room_id, phone)
    move_version(room_id)  # the room's row first, as everybody who changes a queue does
    call = _visit(room_id, phone)
    gone = call.left_at is not None and call.participant_sid == phone.sid  # the end was told before the beginning
    _say(call, Hold.HELD, Call.hold.is_(None), held_at=utcnow())
    call.muted_at = utcnow()  # or it was tried, and may have been done
    call.hold_ms = took_ms if call.hold_ms is None else call.hold_ms
    if call.hold is Hold.HELD and not gone:
        book.come_back(call, phone.sid)
        try:
            queue.line_up(room_id, call.sip_call_id, call.ending or _shown(phone), ended_another)
        except queue.LobbyFull:
            _turn_away(call, LOBBY_FULL)
    db.session.commit()
    return call.hold


def go_in(room_id: uuid.UUID, phone: Participant, hold: Hold, by_id: uuid.UUID | None = None) -> Hold | None:
    """The caller need not wait (any more); gives what holds, which may be what was said before. Commits."""
    move_version(room_id)
    call = _visit(room_id, phone)
    if _say(call, hold, _open(), decided_at=utcnow(), decided_by_id=by_id):
        queue.let_in(room_id, call.sip_call_id, "" if hold is Hold.FREE else hold.value)
    db.session.commit()
    return call.hold


def turn_away(room_id: uuid.UUID, phone: Participant, reason: str = NO_HOLD) -> bool:
    """The caller goes, because nobody can wait here; False when something else was said before. Commits."""
    move_version(room_id)
    call = _visit(room_id, phone)
    said = _turn_away(call, reason)
    if said:
        queue.end(room_id, call.sip_call_id, reason)
    db.session.commit()
    return said


def muted(call_id: str, took_ms: int | None) -> Hold | None:
    """We have muted the caller. Keep how long they could be heard, the first time; gives what holds now. Commits."""
    mine = sa.update(Call).where(Call.sip_call_id == call_id)
    first = sa.func.coalesce(Call.hold_ms, took_ms)
    db.session.execute(mine.values(muted_at=utcnow(), hold_ms=first), execution_options={"synchronize_session": False})
    hold = db.session.scalar(sa.select(Call.hold).where(Call.sip_call_id == call_id))
    db.session.commit()
    return hold


def released(call_id: str, muted_at: datetime) -> None:
    """The floor is given back that we took then; a later mute stays ours. Commits."""
    mine = sa.update(Call).where(Call.sip_call_id == call_id, Call.muted_at == muted_at)
    db.session.execute(mine.values(muted_at=None), execution_options={"synchronize_session": False})
    db.session.commit()


def _visit(room_id: uuid.UUID, phone: Participant) -> Call:
    """The call's row, with what may be known of the caller."""
    call = book.came(room_id, phone.call_id, trunk_id=phone.attributes.get(TRUNK, "")[:64], sid=phone.sid)
    call.caller = call.caller or pseudonyms.pseudonym(pseudonyms.digest_of(phone.identity, phone.attributes))
    call.ending = call.ending or pseudonyms.ending_of(phone.name)
    db.session.flush()
    return call


def _shown(phone: Participant) -> str:
    return pseudonyms.shown_of(phone.name, phone.identity, phone.attributes)


def _turn_away(call: Call, reason: str) -> bool:
    said = _say(call, Hold.TURNED_AWAY, _open(), decided_at=utcnow())
    if said:
        call.end_reason = call.end_reason or reason
        book.REFUSED.labels(reason).inc()
    return said


def _open() -> sa.ColumnElement[bool]:
    return sa.or_(Call.hold.is_(None), Call.hold == Hold.HELD)


def _say(call: Call, hold: Hold, where: sa.ColumnElement[bool], **values: object) -> bool:
    """Compare and set; the row is read again, whoever was first."""
    said = sa.update(Call).where(Call.id == call.id, where).values(hold=hold, **values)
    first = db.changed(said.execution_options(synchronize_session=False)) == 1
    db.session.refresh(call)
    return first
