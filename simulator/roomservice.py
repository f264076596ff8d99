"""LiveKit's RoomService: what each method checks, in which order, and what it answers."""

from google.protobuf.message import Message
from livekit.protocol import room as proto
from livekit.protocol.models import DisconnectReason, ParticipantInfo, Room

from simulator import participants, rooms
from simulator.tokens import Claims
from simulator.twirp import Method, TwirpError, behind_psrpc, invalid_argument, nobody_answered, require
from simulator.world import LiveRoom, Participant, World

MAX_NAME = 256
MAX_ATTRIBUTES = 65536
NONCE_BYTES = 16


def no_room() -> TwirpError:
    """Nothing is stored under that name."""
    return behind_psrpc("not_found", "requested room does not exist")


def no_participant() -> TwirpError:
    """Nobody of that identity is stored."""
    return behind_psrpc("not_found", "participant does not exist")


async def create_room(world: World, request: proto.CreateRoomRequest, claims: Claims) -> Room:
    """Create a room, or answer the one there is, unchanged."""
    require(claims.may("roomCreate"))
    if len(request.name.encode()) > MAX_NAME:
        raise behind_psrpc("invalid_argument", f"room name length exceeds limits: max length {MAX_NAME}")
    if request.room_preset:  # none is configured
        raise behind_psrpc("invalid_argument", "unknown room configuration in create room request")
    settings = proto.RoomConfiguration(
        empty_timeout=request.empty_timeout,
        departure_timeout=request.departure_timeout,
        max_participants=request.max_participants,
        metadata=request.metadata,
    )
    return rooms.ensure(world, request.name, settings).info


async def list_rooms(world: World, request: proto.ListRoomsRequest, claims: Claims) -> proto.ListRoomsResponse:
    """All rooms, or those of these names that exist; ghosts too."""
    require(claims.may("roomList"))
    if request.names:
        listed = [world.rooms[name] for name in dict.fromkeys(request.names) if name in world.rooms]
    else:
        listed = list(world.rooms.values())
    return proto.ListRoomsResponse(rooms=[room.info for room in listed if not room.unlisted])


async def delete_room(world: World, request: proto.DeleteRoomRequest, claims: Claims) -> proto.DeleteRoomResponse:
    """Send everybody away and finish the room before answering."""
    require(claims.may("roomCreate"))
    room = await _stored_room(world, request.room)
    rooms.close(world, room, DisconnectReason.ROOM_DELETED)
    return proto.DeleteRoomResponse()


async def update_room_metadata(world: World, request: proto.UpdateRoomMetadataRequest, claims: Claims) -> Room:
    """Replace a room's metadata, of any size."""
    require(claims.may_administer(request.room))
    room = await _stored_room(world, request.room)
    room.info.metadata = request.metadata
    info = Room()
    info.CopyFrom(room.info)
    return info


async def list_participants(
    world: World, request: proto.ListParticipantsRequest, claims: Claims
) -> proto.ListParticipantsResponse:
    """Who is in a room; nobody in an absent one."""
    require(claims.may_administer(request.room))
    room = world.rooms.get(request.room)
    people = room.participants.values() if room and not room.unlisted else ()
    return proto.ListParticipantsResponse(participants=[person.info for person in people])


async def get_participant(world: World, request: proto.RoomParticipantIdentity, claims: Claims) -> ParticipantInfo:
    """Somebody in a room."""
    require(claims.may_administer(request.room))
    return _stored(world, request.room, request.identity).info


async def remove_participant(
    world: World, request: proto.RoomParticipantIdentity, claims: Claims
) -> proto.RemoveParticipantResponse:
    """Send somebody out."""
    require(claims.may_administer(request.room))
    person = await _stored_and_run(world, request.room, request.identity)
    participants.leave(world, person, DisconnectReason.PARTICIPANT_REMOVED)
    return proto.RemoveParticipantResponse()


async def update_participant(world: World, request: proto.UpdateParticipantRequest, claims: Claims) -> ParticipantInfo:
    """Change name, metadata, attributes (an empty value deletes) and the whole permission of somebody."""
    if len(request.name.encode()) > MAX_NAME:
        raise invalid_argument("name length exceeds limits", str(MAX_NAME))
    if sum(len(key.encode()) + len(value.encode()) for key, value in request.attributes.items()) > MAX_ATTRIBUTES:
        raise invalid_argument("attribute size exceeds limits", str(MAX_ATTRIBUTES))
    require(claims.may_administer(request.room))
    person = await _stored_and_run(world, request.room, request.identity)
    _describe(person.info, request)
    if request.HasField("permission"):
        participants.allow(world, person, request.permission)
    return person.info


def _describe(info: ParticipantInfo, request: proto.UpdateParticipantRequest) -> None:
    for field in ("name", "metadata"):
        if getattr(request, field):
            setattr(info, field, getattr(request, field))
            info.version += 1
    for key, value in request.attributes.items():
        if value:
            info.attributes[key] = value
        else:
            info.attributes.pop(key, None)
    info.version += bool(request.attributes)


async def mute_published_track(
    world: World, request: proto.MuteRoomTrackRequest, claims: Claims
) -> proto.MuteRoomTrackResponse:
    """Mute a track; unmuting needs a server that allows it. An unknown track is answered with none."""
    require(claims.may_administer(request.room))
    person = await _present(world, request.room, request.identity)
    if not request.muted and not world.switches.enable_remote_unmute:
        raise behind_psrpc("failed_precondition", "remote unmute not enabled")
    return proto.MuteRoomTrackResponse(track=participants.mute(person, request.track_sid, muted=request.muted))


async def update_subscriptions(
    world: World, request: proto.UpdateSubscriptionsRequest, claims: Claims
) -> proto.UpdateSubscriptionsResponse:
    """Start or stop sending somebody these tracks; unknown ones are passed over."""
    require(claims.may_administer(request.room))
    person = await _present(world, request.room, request.identity)
    asked = {*request.track_sids, *(sid for each in request.participant_tracks for sid in each.track_sids)}
    if request.subscribe:
        published = (track.sid for other in person.room.participants.values() for track in other.info.tracks)
        person.subscribed |= asked.intersection(published)
    else:
        person.subscribed -= asked
    return proto.UpdateSubscriptionsResponse()


async def send_data(world: World, request: proto.SendDataRequest, claims: Claims) -> proto.SendDataResponse:
    """Send a message to those in a room; that nobody receives it is no error."""
    require(claims.may_administer(request.room))
    if len(request.nonce) not in {0, NONCE_BYTES}:
        problem = f"nonce should be 16-bytes or not present, got: {len(request.nonce)} bytes"
        raise TwirpError("invalid_argument", problem)
    room = world.rooms.get(request.room)
    if room is None or room.ghost:
        raise await nobody_answered(world)
    world.messages.append((request.room, request.topic, bytes(request.data)))
    return proto.SendDataResponse()


async def perform_rpc(world: World, request: proto.PerformRpcRequest, claims: Claims) -> proto.PerformRpcResponse:
    """Call a method of a participant's program; ours have none."""
    require(claims.may_administer(request.room))
    await _present(world, request.room, request.destination_identity)
    raise behind_psrpc("invalid_argument", "RpcError 1400: Method not supported at destination")


async def not_implemented(world: World, request: proto.MoveParticipantRequest, claims: Claims) -> Message:
    """Moving and forwarding are checked, but not in the open-source server."""
    require(claims.may_administer(request.room) and claims.may_send_to(request.destination_room))
    if request.room == request.destination_room:
        raise invalid_argument("destination room cannot be the same as source room", "")
    await _present(world, request.room, request.identity)
    raise behind_psrpc("unknown", "not implemented")


async def _stored_room(world: World, name: str) -> LiveRoom:
    room = world.rooms.get(name)
    if room is None or room.unlisted:
        raise no_room()
    if room.ghost:
        raise await nobody_answered(world)
    return room


def _stored(world: World, room: str, identity: str) -> Participant:
    person = _known(world, room, identity)
    if person is None or person.room.unlisted:
        raise no_participant()
    return person


def _known(world: World, room: str, identity: str) -> Participant | None:
    return world.rooms[room].participants.get(identity) if room in world.rooms else None


async def _stored_and_run(world: World, room: str, identity: str) -> Participant:
    person = _stored(world, room, identity)
    if person.room.ghost:
        raise await nobody_answered(world)
    return person


async def _present(world: World, room: str, identity: str) -> Participant:
    """Somebody a node can be asked about: LiveKit does not look at what is stored, so absence costs three seconds."""
    person = _known(world, room, identity)
    if person is None or person.room.ghost:
        raise await nobody_answered(world)
    return person


METHODS = {
    "CreateRoom": Method(proto.CreateRoomRequest, create_room),
    "ListRooms": Method(proto.ListRoomsRequest, list_rooms),
    "DeleteRoom": Method(proto.DeleteRoomRequest, delete_room),
    "UpdateRoomMetadata": Method(proto.UpdateRoomMetadataRequest, update_room_metadata),
    "ListParticipants": Method(proto.ListParticipantsRequest, list_participants),
    "GetParticipant": Method(proto.RoomParticipantIdentity, get_participant),
    "RemoveParticipant": Method(proto.RoomParticipantIdentity, remove_participant),
    "UpdateParticipant": Method(proto.UpdateParticipantRequest, update_participant),
    "MutePublishedTrack": Method(proto.MuteRoomTrackRequest, mute_published_track),
    "UpdateSubscriptions": Method(proto.UpdateSubscriptionsRequest, update_subscriptions),
    "SendData": Method(proto.SendDataRequest, send_data),
    "PerformRpc": Method(proto.PerformRpcRequest, perform_rpc),
    "MoveParticipant": Method(proto.MoveParticipantRequest, not_implemented),
    "ForwardParticipant": Method(proto.ForwardParticipantRequest, not_implemented),
}
