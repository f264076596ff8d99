"""What hosts do to a meeting: the intents, and what follows from them once LiveKit has done them."""

import uuid

from webapp import audit
from webapp.audit import Actor, intents
from webapp.audit.models import AuditEntry
from webapp.calls import book
from webapp.live import attributes
from webapp.live.attributes import Attribute
from webapp.livekit.rooms import Participant
from webapp.rooms.models import Room


def remove_participant(room: Room, participant: Participant, *, actor: Actor) -> AuditEntry:
    """Record that somebody in the meeting is to be removed."""
    kind = "phone" if participant.is_phone else "web"
    return intents.record("room.remove_participant", room, actor, sought=participant.sid, kind=kind)


def participant_removed(room_id: uuid.UUID, participant: Participant) -> None:
    """End a caller's visit at once, so that whoever was sent away does not come in again as one who was cut off."""
    if participant.call_id:
        book.left(room_id, participant.call_id, reason="participant_removed", sid=participant.sid)


def reveal_participant(room: Room, participant: Participant, *, actor: Actor, reason: str = "") -> list[Attribute]:
    """The participant's attributes; that they were shown, to whom and why, is kept, and never what they are."""
    found = attributes.shown(participant)
    what = "caller_number" if attributes.tells_number(found) else "attributes"
    audit.record("room.reveal_participant", room, actor, reason=reason, what=what, participant=participant.sid)
    return found


def end_meeting(room: Room, session: str, *, actor: Actor) -> AuditEntry:
    """Record that the meeting is to end for everybody; `session` is LiveKit's sid of it, empty when there is none."""
    inside = {"web": room.web_count, "phones": room.phone_count}
    return intents.record("room.end_meeting", room, actor, sought=session, **inside)


def meeting_ended(room_id: uuid.UUID) -> None:
    """End every visit: nobody was cut off, whatever LiveKit tells of it later."""
    book.end_all(room_id, "room_deleted")
