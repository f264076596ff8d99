"""What LiveKit tells of rooms and callers; events may come late, twice, never or in the wrong order.

Each handler takes LiveKit's event (camelCase JSON, zero values left out), our room (None for a guard's room), and
whether a newer event was applied before. They keep book of calls and mark the room, and commit; the rest is left to
reconciling, which asks LiveKit how things are, once after all events that have come (`reconcile.if_marked`).
"""

from collections.abc import Mapping
from typing import Any

from webapp.calls import book
from webapp.core.db import db
from webapp.holds import queue
from webapp.live import reconcile
from webapp.lobby.service import move_version
from webapp.rooms.models import Room
from webapp.rules import guard, wanted

Event = Mapping[str, Any]


def participant_joined(event: Event, room: Room | None, outdated: bool = False) -> None:
    """Begin a caller's visit and let phones in when it is the first web participant; a caller without number goes."""
    participant = event.get("participant") or {}
    phone = _phone(participant)
    if room is None:
        _end_call_without_number(event, participant, phone)
        return
    if phone and not outdated:
        book.came(room.id, phone, **_told(participant))
        db.session.commit()
    reconcile.mark(room)


def participant_left(event: Event, room: Room | None, _outdated: bool = False) -> None:
    """End a caller's visit, and shut the phones out when it was the last web participant."""
    participant = event.get("participant") or {}
    phone = _phone(participant)
    if room is None:
        return
    if phone:  # also when outdated: a call that has ended stays ended
        reason = str(participant.get("disconnectReason", "")).lower()
        move_version(room.id)  # the room's row first, as everybody who changes its queue does
        if book.left(room.id, phone, reason=reason, **_told(participant)):
            queue.end(room.id, phone, reason)
        db.session.commit()
    reconcile.mark(room)


def room_started(event: Event, room: Room | None, outdated: bool = False) -> None:
    """Remember LiveKit's id of this session of the room."""
    if room is None:
        return
    if not outdated:
        room.live_sid = str((event.get("room") or {}).get("sid", ""))
        db.session.commit()
    reconcile.mark(room)


def room_finished(_event: Event, room: Room | None, outdated: bool = False) -> None:
    """The session is over, and every visit with it."""
    if room is None:
        return
    if not outdated:
        book.end_all(room.id, "room_finished")
        db.session.commit()
    reconcile.mark(room)


def _end_call_without_number(event: Event, participant: Mapping[str, Any], phone: str) -> None:
    """Count the call of who landed in a guard's room, then remove them: a removal that fails is tried again."""
    db.session.commit()
    name = str((event.get("room") or {}).get("name", ""))
    if phone and wanted.is_guard_room(name):
        book.refuse_without_number(phone, _trunk(participant))
        db.session.commit()
        guard.remove_caller(name, str(participant.get("identity", "")))


def _phone(participant: Mapping[str, Any]) -> str:
    """LiveKit's id of the call; empty for those who did not phone in (STANDARD, the zero value, is left out)."""
    if participant.get("kind") != "SIP":
        return ""
    return str((participant.get("attributes") or {}).get("sip.callID", ""))


def _told(participant: Mapping[str, Any]) -> dict[str, str]:
    """What the book of calls keeps; `caller` and `ending` took the number's place at intake."""
    told = {name: str(participant.get(name, "")) for name in ("sid", "caller", "ending")}
    return {**told, "trunk_id": _trunk(participant)}


def _trunk(participant: Mapping[str, Any]) -> str:
    return str((participant.get("attributes") or {}).get("sip.trunkID", ""))
