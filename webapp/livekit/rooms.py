"""LiveKit's live rooms and who is inside."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from livekit.protocol.models import DataPacket, ParticipantInfo, TrackType
from livekit.protocol.models import Room as RoomMessage
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    RoomParticipantIdentity,
    SendDataRequest,
)

from webapp.livekit.client import call
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

if TYPE_CHECKING:
    from livekit.api import LiveKitAPI

NOBODY = "frontdesk-nobody"  # no participant's identity
AUTOMATIC = {"egress", "ingress", "agent", "connector", "bridge"}


@dataclass(frozen=True)
class LiveRoom:
    """A room that LiveKit has; `participants` lags by up to 5 seconds, list_participants does not."""

    sid: str
    name: str
    created_at: datetime
    participants: int


@dataclass(frozen=True)
class Track:
    """Something that somebody publishes."""

    sid: str
    muted: bool
    sound: bool


@dataclass(frozen=True)
class Participant:
    """Somebody or something in a live room; a phone's identity, name and attributes hold the caller's number."""

    sid: str
    identity: str
    name: str
    kind: str  # standard, sip, egress, ingress, agent, connector, bridge
    joined_at: datetime
    attributes: dict[str, str]
    tracks: tuple[Track, ...] = ()
    can_subscribe: bool = True  # may hear and see the others

    @property
    def sounding(self) -> list[Track]:
        """The tracks by which the others hear this one."""
        return [track for track in self.tracks if track.sound and not track.muted]

    @property
    def is_phone(self) -> bool:
        """A caller."""
        return self.kind == "sip"

    @property
    def is_web(self) -> bool:
        """A person who did not phone in."""
        return not self.is_phone and self.kind not in AUTOMATIC

    @property
    def call_id(self) -> str:
        """LiveKit's id of the phone call: it outlives a restart of LiveKit, the sid does not."""
        return self.attributes.get("sip.callID", "")


def list_rooms(names: Sequence[str] = ()) -> list[LiveRoom]:
    """The live rooms, all or those of the given names."""
    answer = call(lambda livekit: livekit.room.list_rooms(ListRoomsRequest(names=list(names))))
    return [_room(room) for room in answer.rooms]


def list_participants(room: str) -> list[Participant]:
    """Who is in the room now; nobody when it is not live."""
    answer = call(lambda livekit: livekit.room.list_participants(ListParticipantsRequest(room=room)))
    return [participant_of(info) for info in answer.participants if info.state != ParticipantInfo.DISCONNECTED]


def get_participant(room: str, identity: str) -> Participant | None:
    """Somebody in the room now; None when they are not there."""
    who = RoomParticipantIdentity(room=room, identity=identity)
    return present(lambda livekit: livekit.room.get_participant(who))


def present(ask: Callable[["LiveKitAPI"], Awaitable[ParticipantInfo]]) -> Participant | None:
    """The participant that LiveKit answers with; None when they are not there."""
    try:
        return participant_of(call(ask))
    except LiveKitError as error:
        if error.code == "not_found":
            return None
        raise


def remove_participant(room: str, identity: str) -> bool:
    """Throw somebody out; False when they had left already."""
    who = RoomParticipantIdentity(room=room, identity=identity)
    return _unless_absent(lambda: call(lambda livekit: livekit.room.remove_participant(who)))


def create_room(room: str) -> LiveRoom:
    """Make the room live; an existing one is given back as it is."""
    return _room(call(lambda livekit: livekit.room.create_room(CreateRoomRequest(name=room))))


def delete_room(room: str) -> bool:
    """End the meeting for everybody; False when there was none.

    A room that a crash of LiveKit left behind answers 503 until it is created again.
    """
    try:
        return _delete(room)
    except LiveKitUnavailable as error:
        if error.code != "unavailable":
            raise
    create_room(room)
    return _delete(room)


def runs_unlisted(room: str) -> bool:
    """A node runs the room, although LiveKit lists neither it nor who is inside: its Redis was emptied.

    Asked by a message to nobody; a room that nobody runs takes LiveKit 3 seconds.
    """
    if list_rooms([room]):
        return False
    request = SendDataRequest(room=room, destination_identities=[NOBODY], nonce=secrets.token_bytes(16))
    try:
        call(lambda livekit: livekit.room.send_data(request))
    except LiveKitUnavailable as error:
        if error.code == "unavailable":
            return False
        raise
    return True


def send_data(room: str, data: bytes, topic: str) -> bool:
    """Send a message to all inside; False when the room is not live, which LiveKit would take 3 seconds to say."""
    if not list_rooms([room]):
        return False
    message = SendDataRequest(
        room=room, data=data, topic=topic, kind=DataPacket.RELIABLE, nonce=secrets.token_bytes(16)
    )
    try:
        call(lambda livekit: livekit.room.send_data(message))
    except LiveKitUnavailable as error:
        if error.code == "unavailable":  # it ended between the two questions
            return False
        raise
    return True


def _delete(room: str) -> bool:
    return _unless_absent(lambda: call(lambda livekit: livekit.room.delete_room(DeleteRoomRequest(room=room))))


def _unless_absent(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except LiveKitError as error:
        if error.code == "not_found":
            return False
        raise
    return True


def _room(room: RoomMessage) -> LiveRoom:
    created_at = datetime.fromtimestamp(room.creation_time, UTC)
    return LiveRoom(room.sid, room.name, created_at, room.num_participants)


def participant_of(info: ParticipantInfo) -> Participant:
    """The participant that LiveKit describes."""
    return Participant(
        sid=info.sid,
        identity=info.identity,
        name=info.name,
        kind=ParticipantInfo.Kind.Name(info.kind).lower(),
        joined_at=datetime.fromtimestamp(info.joined_at, UTC),
        attributes=dict(info.attributes),
        tracks=tuple(Track(track.sid, track.muted, track.type == TrackType.AUDIO) for track in info.tracks),
        can_subscribe=info.permission.can_subscribe,
    )
