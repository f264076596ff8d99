"""What became of deeds that a crash, a time-out or a busy database left open: the sweep asks LiveKit, and records it.

A removal and an end are asked for again, which changes nothing where they were done. What a trunk should be is not
stored with us (it has passwords), so that of trunks LiveKit's list only tells. Of a repair nobody can tell: whether its
finding is there still is what the next reading shows.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta

from webapp.audit import intents
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.calls import book
from webapp.core.db import db, utcnow
from webapp.live import service
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable
from webapp.matching import Json
from webapp.rooms import trunk_rows

AGAIN = timedelta(minutes=5)  # so long a host's wish is asked for again: nobody expects it to come true much later
SURE = timedelta(minutes=1)  # so long a slow LiveKit may still be at it: before, what is not there may yet come
ENDED = timedelta(hours=1)  # no repair goes on for so long
TOO_LATE, NOT_THERE, UNCHANGED, STILL_THERE = "too_late", "not_there", "unchanged", "still_there"
NOT_CONFIRMED = "not_confirmed"
Verdict = tuple[DeedOutcome, str]
DONE: Verdict = (DeedOutcome.DONE, "")


def resolve(entry: AuditEntry) -> None:
    """Find out what became of the deed, unless somebody is at it. Commits. Raises LiveKitUnavailable."""
    with intents.held(entry.target_kind, entry.target_id, wait=0) as mine:
        sought = intents.sought(entry) if mine else None
        db.session.commit()
        if sought is None:
            return
        verdict = _verdict(entry, sought)
        if verdict is not None:
            intents.settle(entry, *verdict)
            db.session.commit()


def _verdict(entry: AuditEntry, sought: str) -> Verdict | None:
    """The outcome with its reason; None while nobody can tell."""
    try:
        return RESOLVERS[entry.action](entry, sought)
    except LiveKitUnavailable:
        raise
    except LiveKitError as error:
        return DeedOutcome.FAILED, error.code


def _of_removal(entry: AuditEntry, sid: str) -> Verdict | None:
    """Whoever has that sid is removed; a caller's visit ends as one that was ended by the host."""
    room_id = uuid.UUID(entry.target_id)
    participant = next((one for one in rooms.list_participants(entry.target_id) if one.sid == sid), None)
    if participant is None:
        book.removed(room_id, sid)
        return DONE
    if _older(entry, AGAIN):
        return DeedOutcome.FAILED, TOO_LATE
    rooms.remove_participant(entry.target_id, participant.identity)
    service.participant_removed(room_id, participant)
    return DONE


def _of_end(entry: AuditEntry, session: str) -> Verdict | None:
    """The session is over, or another one has begun since; else it is ended."""
    if any(live.sid == session for live in rooms.list_rooms([entry.target_id])):
        if _older(entry, AGAIN):
            return DeedOutcome.FAILED, TOO_LATE
        rooms.delete_room(entry.target_id)
        service.meeting_ended(uuid.UUID(entry.target_id))
    return DONE


def _of_new_trunk(entry: AuditEntry, version: str) -> Verdict | None:
    """A trunk with exactly this content came to be: LiveKit takes no second one that is the same."""
    made = next((each for each in sip.list_trunks() if trunk_rows.version(each) == version), None)
    if made is None:
        return _not_done(entry, NOT_THERE)
    trunk_rows.remember(made).assignable = True
    entry.target_id = str(made["sip_trunk_id"])
    return DONE


def _of_changed_trunk(entry: AuditEntry, version: str) -> Verdict | None:
    stored = _listed(entry.target_id)
    if stored is None or trunk_rows.version(stored) != version:
        return _not_done(entry, NOT_THERE if stored is None else UNCHANGED)
    trunk_rows.remember(stored)
    return DONE


def _of_deleted_trunk(entry: AuditEntry, _sought: str) -> Verdict | None:
    if _listed(entry.target_id) is not None:
        return _not_done(entry, STILL_THERE)
    trunk_rows.forget(entry.target_id)
    return DONE


def _of_repair(entry: AuditEntry, _sought: str) -> Verdict | None:
    """An open end would keep it, and all after it, in the log for ever."""
    return (DeedOutcome.FAILED, NOT_CONFIRMED) if _older(entry, ENDED) else None


RESOLVERS: dict[str, Callable[[AuditEntry, str], Verdict | None]] = {
    "room.remove_participant": _of_removal,
    "room.end_meeting": _of_end,
    "trunk.create": _of_new_trunk,
    "trunk.update": _of_changed_trunk,
    "trunk.delete": _of_deleted_trunk,
    "rule.repair": _of_repair,
}


def _listed(trunk_id: str) -> Json | None:
    return next((each for each in sip.list_trunks() if each["sip_trunk_id"] == trunk_id), None)


def _older(entry: AuditEntry, age: timedelta) -> bool:
    return utcnow() - entry.at > age


def _not_done(entry: AuditEntry, problem: str) -> Verdict | None:
    return (DeedOutcome.FAILED, problem) if _older(entry, SURE) else None
