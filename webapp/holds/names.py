"""The name under which the others see a caller whose phone number is hidden: “Caller 1”, a number of the meeting.

LiveKit's own name for such a caller is the last four digits. The identity stays, a hash that gives a number away to
whoever tries all there are: nothing can change it, so that a number is kept from eyes, not from programs.

It is left to the look at a room, which follows each hook and what failed: a hold waits for no name.
"""

import uuid
from collections.abc import Mapping, Sequence

import structlog

from webapp.calls import book
from webapp.core.db import db
from webapp.livekit import phones, rooms
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import Participant

log = structlog.get_logger()
OTHER_CALL = "other_call"  # the same number called again meanwhile: the next look names that call


def follow(room_id: uuid.UUID, inside: Sequence[Participant]) -> list[str]:
    """Give the callers who are inside their names; gives the codes of what failed, for another look. Commits."""
    callers = {one.call_id: one for one in sorted(inside, key=_came) if one.is_phone and one.call_id}
    if not callers:
        return []
    try:
        numbers = _numbers(room_id, callers)
    except LiveKitError as error:
        return [error.code]
    named = [(callers[call_id], phones.numbered(number)) for call_id, number in numbers.items()]
    return [code for caller, name in named if caller.name != name for code in _rename(str(room_id), caller, name)]


def _came(one: Participant) -> tuple[float, str]:
    return one.joined_at.timestamp(), one.sid


def _numbers(room_id: uuid.UUID, callers: Mapping[str, Participant]) -> dict[str, int]:
    """By call; those who have none are given one of the meeting that LiveKit has now."""
    known = book.numbers(callers.keys())
    if known.keys() == callers.keys():
        return known
    for live in rooms.list_rooms([str(room_id)]):
        known = book.number(room_id, live.sid, list(callers))
        db.session.commit()
    return known


def _rename(room: str, caller: Participant, name: str) -> list[str]:
    try:
        seen = phones.rename(room, caller.identity, name)
    except LiveKitError as error:
        log.warning("name.failed", room=room, code=error.code)
        return [error.code]
    return [OTHER_CALL] if seen is not None and seen.sid != caller.sid else []
