"""Hold callers who must wait, let go those who need not, send away those who may not: LiveKit follows our rows.

A caller waits in a room that is not public until a host decides; what was decided for a call stays, also when LiveKit
restarts under it. Everything here may run twice at once and in any order: the rows decide, each by compare and set, and
whoever has muted somebody looks at the row again. Nothing here needs the room's lease.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import IntegrityError, OperationalError

from webapp.calls.models import Hold
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.holds import admissions, decisions, memory, queue, status, turns, unmute
from webapp.holds.memory import Held
from webapp.holds.status import HoldStatus
from webapp.livekit import phones, rooms
from webapp.livekit.errors import LiveKitError
from webapp.livekit.phones import HELD
from webapp.livekit.rooms import Participant, Track

log = structlog.get_logger()
TOOK = Histogram("frontdesk_hold_seconds", "From LiveKit's hook to its word that a caller is muted")
FAILED = Counter("frontdesk_holds_failed_total", "Callers whom LiveKit did not hold or let go, by reason", ["reason"])
CALL = "sip.callID"
STAYS_MUTE = "stays_mute"  # LiveKit does not unmute: the caller hears and is not heard
INSIDE = {Hold.FREE, Hold.ADMITTED, Hold.UNHELD}
SENT_AWAY = {Hold.DENIED, Hold.TURNED_AWAY}


class CannotHold(Exception):
    """LiveKit would not give the caller the floor back; `seen` is how it has the caller now."""

    def __init__(self, seen: Participant) -> None:
        super().__init__("LiveKit does not unmute")
        self.seen = seen


def now(room_id: uuid.UUID) -> list[str]:
    """Make LiveKit follow what was just decided for callers of the room; gives the codes of what failed. Commits."""
    try:
        inside = rooms.list_participants(str(room_id))
    except LiveKitError as error:
        return [error.code]
    return agree(room_id, [one for one in inside if one.is_phone])


def try_again(room_id: uuid.UUID) -> None:
    """Record that LiveKit has not followed the room: it is asked again, with pauses that grow."""
    due.add("telephony.follow", room_id=str(room_id))


def follow(room_id: uuid.UUID, inside: Sequence[Participant], seen_at: datetime) -> list[str]:
    """The same for those who were inside at a look; callers who waited and are not there wait no more. Commits."""
    here = [one for one in inside if one.is_phone]
    queue.gone(room_id, [phone.call_id for phone in here], seen_at)
    db.session.commit()
    return agree(room_id, [phone for phone in here if memory.find(phone.sid) is None])


def agree(room_id: uuid.UUID, here: Sequence[Participant], arrived: float | None = None) -> list[str]:
    """Make each caller held, free or gone as our rows have it; one that fails does not stop the next. Commits.

    `arrived` is when a hook told of them, on the monotonic clock: then LiveKit may know better by now.
    """
    known = {phone.call_id: phone for phone in here if phone.call_id}
    stands = status.of_calls(room_id, known) if known else None
    if stands is None:
        return []
    return [code for phone in known.values() for code in _try(_agree, stands, phone, arrived)]


def published(room_id: uuid.UUID, sid: str, identity: str, track_sid: str, arrived: float) -> list[str]:
    """Somebody who seems to be a caller can be heard from now on: mute who waits. Commits."""
    track = Track(track_sid, muted=False, sound=True)
    held = memory.find(sid)
    if held is not None:
        return _try(_mute_who_is_being_held, held.stands, _heard(sid, identity, held.call_id, track), held, arrived)
    stands = status.of_sid(room_id, sid)
    if stands is None or stands.public:
        return []
    for call_id, hold in stands.holds.items():
        if hold in INSIDE:
            return []
        if hold is Hold.HELD and stands.works:
            return _try(_mute_and_look_again, stands, _heard(sid, identity, call_id, track), arrived)
    return _try(_look_at, stands, identity, arrived)


def _heard(sid: str, identity: str, call_id: str, track: Track) -> Participant:
    return Participant(sid, identity, "", "sip", utcnow(), {CALL: call_id, HELD: "1"}, (track,))


def _try(work: Callable[..., list[str]], stands: HoldStatus, *arguments: object) -> list[str]:
    """Do one caller's work; gives the codes of what failed, so that it is tried again."""
    try:
        return work(stands, *arguments)
    except LiveKitError as error:
        code = error.code
    except (IntegrityError, OperationalError) as error:
        db.session.rollback()
        code = type(error).__name__
    FAILED.labels(code).inc()
    log.warning("hold.failed", room=stands.room, code=code)
    return [code]


def _look_at(stands: HoldStatus, identity: str, arrived: float) -> list[str]:
    """Nothing is known of that caller, if it is one: events may come in any order."""
    seen = rooms.get_participant(stands.room, identity)
    return agree(stands.room_id, [seen], arrived) if seen is not None and seen.is_phone else []


def _agree(stands: HoldStatus, phone: Participant, arrived: float | None) -> list[str]:
    hold = stands.holds.get(phone.call_id)
    if hold is None or hold is Hold.HELD:
        hold = _word_on(stands, phone, hold)
    if hold in SENT_AWAY:
        return _send_away(stands, phone)
    if hold in INSIDE:
        return _let_go(stands, phone)
    with memory.holding(stands, phone.sid, phone.call_id) if stands.works else nullcontext() as held:
        failed = _hold(stands, phone, hold, arrived)
    if held is not None and held.took_ms is not None:
        failed += _look_again(stands, phone, decisions.muted(phone.call_id, held.took_ms))
    return failed


def _word_on(stands: HoldStatus, phone: Participant, hold: Hold | None) -> Hold | None:
    """Those go in for whom the door is open, or to whom it was opened a moment ago; the others wait.

    In a room that was deleted there is nobody who could decide: they go.
    """
    if stands.gone:
        decisions.turn_away(stands.room_id, phone, decisions.DELETED)
        return Hold.TURNED_AWAY
    if stands.public:
        return decisions.go_in(stands.room_id, phone, Hold.FREE)
    again = admissions.earlier(stands.room_id, phone) if hold is None else None
    if again is not None:
        return decisions.go_in(stands.room_id, phone, Hold.ADMITTED, again.by_id)
    return hold


def _hold(stands: HoldStatus, phone: Participant, hold: Hold | None, arrived: float | None) -> list[str]:
    """First silence, then words: what is written down waits for others, and the room would hear the caller."""
    seen: Participant | None = phone
    took_ms: int | None = None
    try:
        if not _silent(phone):
            seen, took_ms = _silence(stands, phone, arrived)
    except CannotHold as refused:
        return _without_hold(stands, refused.seen)
    except LiveKitError:
        decisions.wait(stands.room_id, phone)  # the host sees who is there, and this is tried again
        raise
    if seen is None:
        return []
    if seen.sid != phone.sid:  # the same number called again: that is another call, of which we have muted nothing
        return agree(stands.room_id, [replace(seen, tracks=tuple(seen.sounding))])
    if hold is None or phone.call_id not in stands.waiting:
        with turns.writing():
            word = decisions.wait(stands.room_id, phone, took_ms)
        return _look_again(stands, seen, word)
    return _written(stands, seen, took_ms) if seen is not phone else []


def _silent(phone: Participant) -> bool:
    return HELD in phone.attributes and not phone.can_subscribe and not phone.sounding


def _silence(stands: HoldStatus, phone: Participant, arrived: float | None) -> tuple[Participant | None, int | None]:
    """Neither hears nor is heard; None when the caller is gone. Raises CannotHold before a mute that would stay.

    Gives how LiveKit has the caller, and how many milliseconds after the hook nobody heard a word any more.
    """
    if stands.works is False:
        raise CannotHold(phone)
    took_ms = _mute(stands, phone, arrived) if stands.works else None  # first: the room may hear the caller already
    seen = phones.deafen(stands.room, phone.identity)
    if seen is None or seen.sid != phone.sid:
        return seen, None
    if not (stands.works or unmute.ask(stands.room, phone.identity)):
        raise CannotHold(seen)
    return seen, _mute(stands, seen, arrived) or took_ms


def _mute_who_is_being_held(stands: HoldStatus, phone: Participant, held: Held, arrived: float) -> list[str]:
    """Another event of this caller is being worked on; whoever is through last writes down what came of it."""
    took_ms = _mute(stands, phone, arrived)
    if memory.tell(phone.sid, held, took_ms or 0):
        return []
    return _written(stands, phone, took_ms)


def _mute_and_look_again(stands: HoldStatus, phone: Participant, arrived: float | None) -> list[str]:
    """Mute who can be heard; who was let in meanwhile is given the floor back."""
    took_ms = _mute(stands, phone, arrived)
    return _written(stands, phone, took_ms)


def _mute(stands: HoldStatus, phone: Participant, arrived: float | None) -> int | None:
    """Gives how many milliseconds after the hook LiveKit had done it; None where there was nothing to do or no hook."""
    for track in phone.sounding:
        phones.mute(stands.room, phone.identity, track.sid)
    if arrived is None or not phone.sounding:
        return None
    took = time.monotonic() - arrived
    TOOK.observe(took)
    return round(took * 1000)


def _written(stands: HoldStatus, phone: Participant, took_ms: int | None) -> list[str]:
    with turns.writing():
        word = decisions.muted(phone.call_id, took_ms)
    return _look_again(stands, phone, word)


def _look_again(stands: HoldStatus, phone: Participant, hold: Hold | None) -> list[str]:
    """A word that was said while we held the caller wins: the row knows that the mutes are ours."""
    if hold is None or hold is Hold.HELD:
        return []
    seen = rooms.get_participant(stands.room, phone.identity)
    return agree(stands.room_id, [seen]) if seen is not None and seen.sid == phone.sid else []


def _without_hold(stands: HoldStatus, phone: Participant) -> list[str]:
    """Whoever would have to wait comes in or goes, as the installation chose."""
    if settings.callers_without_hold == "turn_away":
        return _send_away(stands, phone) if decisions.turn_away(stands.room_id, phone) else []
    decisions.go_in(stands.room_id, phone, Hold.UNHELD)
    return _let_go(stands, phone)


def _let_go(stands: HoldStatus, phone: Participant) -> list[str]:
    """Hears and is heard again. Whom we have let go before somebody inside has muted: that stays."""
    muted_at = stands.muted.get(phone.call_id)
    free = [True]
    if muted_at is not None:
        muted = [track for track in phone.tracks if track.sound and track.muted]
        free = [phones.unmute(stands.room, phone.identity, track.sid) for track in muted]
        decisions.released(phone.call_id, muted_at)
    seen = phones.undeafen(stands.room, phone.identity) if HELD in phone.attributes else phone
    if not all(free):
        unmute.learn(works=False)
        raise LiveKitError(STAYS_MUTE)
    if seen is not None and seen.sid != phone.sid:  # the same number called again, and may have to wait
        return agree(stands.room_id, [seen])
    return []


def _send_away(stands: HoldStatus, phone: Participant) -> list[str]:
    """End the call; who is there by now may be another call of the same number."""
    seen = rooms.get_participant(stands.room, phone.identity)
    if seen is not None and seen.call_id == phone.call_id:
        rooms.remove_participant(stands.room, phone.identity)
    return []
