"""The SIP bridge inside a LiveKit room: how a phone joins, is heard, and is thrown out."""

from collections.abc import Callable

from google.protobuf.json_format import ParseDict
from livekit.protocol.models import DisconnectReason, ParticipantInfo, TrackType
from livekit.protocol.room import RoomConfiguration

from simulator import participants
from simulator.calls_model import PhoneCall
from simulator.world import Participant, World
from webapp.matching import Answer

ThrownOut = Callable[[PhoneCall, str], None]
_REASONS = {DisconnectReason.DUPLICATE_IDENTITY: "duplicate-identity"}


class CannotEnter(Exception):
    """LiveKit does not have the phone: the room is full or nameless, or its preset is unknown."""


def enter(world: World, call: PhoneCall, answer: Answer, status: str, thrown_out: ThrownOut) -> None:
    """Join the call's room as a SIP participant. Raises CannotEnter; `thrown_out` hears when LiveKit ends it."""
    fields = answer.fields
    if not call.room or fields.get("room_preset"):  # no preset is configured on this server
        raise CannotEnter

    def left(person: Participant, reason: int) -> None:
        if call.participant is person:
            call.participant = None
            thrown_out(call, _REASONS.get(reason, "removed"))  # type: ignore[call-overload]

    def back(person: Participant) -> None:
        call.participant = person

    try:
        call.participant = participants.join(
            world,
            call.room,
            fields["participant_identity"],
            name=fields["participant_name"],
            kind=ParticipantInfo.Kind.SIP,
            permission=participants.everything(can_update_metadata=True),
            attributes=_attributes(call, answer, status),
            metadata=fields.get("participant_metadata", ""),
            settings=ParseDict(fields.get("room_config") or {}, RoomConfiguration()),
            left=left,
            back=back,
        )
    except participants.RoomFull as error:
        raise CannotEnter from error


def publish(world: World, call: PhoneCall) -> None:
    """Let the room hear the caller, if it is still there."""
    if call.participant:
        participants.publish(world, call.participant, name=call.participant.info.identity)
        call.published = True


def leave(world: World, call: PhoneCall) -> None:
    """Leave the room, if the call is in one; its status says hangup before it goes."""
    person, call.participant = call.participant, None
    if person:
        person.info.attributes["sip.callStatus"] = "hangup"
        participants.leave(world, person)


def set_status(call: PhoneCall, status: str) -> None:
    """Tell the room how the call stands."""
    if call.participant:
        call.participant.info.attributes["sip.callStatus"] = status
        call.participant.info.version += 1


def find(world: World, room: str, identity: str) -> Participant | None:
    """Somebody in a room."""
    return world.rooms[room].participants.get(identity) if room in world.rooms else None


def audible(call: PhoneCall) -> bool:
    """Somebody in the room hears the caller."""
    person = call.participant
    return person is not None and any(participants.hears(other, person) for other in _others(call))


def hears(call: PhoneCall) -> bool:
    """The caller hears somebody in the room."""
    person = call.participant
    return person is not None and any(participants.hears(person, other) for other in _others(call))


def subscribed_to_audio(call: PhoneCall) -> bool:
    """Audio of somebody else is sent to the phone, muted or not: the bridge stops ringing."""
    person = call.participant
    if person is None or not person.info.permission.can_subscribe:
        return False
    tracks = (track for other in _others(call) for track in other.info.tracks)
    return any(track.type == TrackType.AUDIO and track.sid in person.subscribed for track in tracks)


def _others(call: PhoneCall) -> list[Participant]:
    person = call.participant
    return [other for other in person.room.participants.values() if other is not person] if person else []


def _attributes(call: PhoneCall, answer: Answer, status: str) -> dict[str, str]:
    own = {"sip.callStatus": status, "sip.callIDFull": call.caller.call_id, "sip.callTag": call.caller.tag}
    return {name: value for name, value in {**answer.fields["participant_attributes"], **own}.items() if value}
