"""The life of a room: created once, kept while somebody is in it, closed after its timeouts, a ghost after a crash."""

import time

from livekit.protocol.models import Codec, DisconnectReason, ParticipantInfo, Room
from livekit.protocol.room import RoomConfiguration

from simulator import egress, ids, participants, webhooks
from simulator.world import LiveRoom, Participant, World

EMPTY_TIMEOUT = 300
DEPARTURE_TIMEOUT = 20
COUNT_SECONDS = 5.0
REJOIN_SECONDS = 7.0
CODECS = [
    *("audio/PCMU", "audio/PCMA", "audio/opus", "audio/red"),
    *("video/VP8", "video/H264", "video/VP9", "video/AV1", "video/H265", "video/rtx"),
]
SETTINGS = ("empty_timeout", "departure_timeout", "max_participants", "metadata")


def ensure(world: World, name: str, settings: RoomConfiguration | None = None) -> LiveRoom:
    """The room of this name, created with these settings if there is none; a ghost comes back as it was."""
    room = world.rooms.get(name)
    if room is not None and not room.ghost:
        room.unlisted = False
        return room
    if room is None:
        room = LiveRoom(_fresh(name, settings or RoomConfiguration()))
        world.rooms[name] = room
    room.ghost = False
    room.participants.clear()
    webhooks.send_room(world, "room_started", room.info)
    close_when_empty(world, room)
    return room


def close_when_empty(world: World, room: LiveRoom) -> None:
    """Arrange the end of a room nobody keeps alive: sooner after somebody left than before anybody came."""
    if room.closing is not None:
        room.closing.cancel()
        room.closing = None
    if any(not is_dependent(person) for person in room.participants.values()):
        return
    seconds = room.info.departure_timeout if room.entered else room.info.empty_timeout
    room.closing = world.later(seconds * world.timing.rooms, lambda: close(world, room, DisconnectReason.ROOM_CLOSED))


def close(world: World, room: LiveRoom, reason: DisconnectReason) -> None:
    """End a room: everybody leaves for this reason, then the room is finished."""
    for person in list(room.participants.values()):
        participants.leave(world, person, reason)
    if room.closing is not None:
        room.closing.cancel()
    if room.counting is not None:
        room.counting.cancel()
    if world.rooms.get(room.info.name) is room:
        del world.rooms[room.info.name]
    webhooks.send_room(world, "room_finished", room.info)
    egress.room_ended(world, room.info.name)


def count_soon(world: World, room: LiveRoom) -> None:
    """Let the stored counts follow who is there; like LiveKit, some seconds late."""
    if room.counting is None:
        room.counting = world.later(COUNT_SECONDS * world.timing.latency, lambda: _count(room))


def is_dependent(person: Participant) -> bool:
    """Recorders and agents do not keep a room alive and are not counted."""
    kinds = {ParticipantInfo.Kind.EGRESS, ParticipantInfo.Kind.AGENT}
    return person.info.kind in kinds or person.info.permission.recorder or person.info.permission.agent


def crash(world: World, *, ghosts: bool, rejoin: bool) -> None:
    """Kill the server and start it again: no webhook tells of it.

    With `ghosts` (LiveKit with Redis) its rooms stay stored though no node runs them, else they are gone. With
    `rejoin` phones and browsers come back by themselves some seconds later, as new participants.
    """
    connected = [person for room in world.rooms.values() for person in room.participants.values() if not room.ghost]
    for room in list(world.rooms.values()):
        for timer in (room.closing, room.counting):
            if timer is not None:
                timer.cancel()
        room.closing = room.counting = None
        room.ghost = True
        if not ghosts:
            del world.rooms[room.info.name]
    if rejoin:
        world.later(REJOIN_SECONDS * world.timing.latency, lambda: _rejoin(world, connected))


def empty_redis(world: World) -> None:
    """Forget everything stored: calls and meetings go on, but no list has them until somebody else joins."""
    for room in world.rooms.values():
        room.unlisted = True


def _rejoin(world: World, connected: list[Participant]) -> None:
    for person in connected:
        participants.join_again(world, person)


def _count(room: LiveRoom) -> None:
    room.counting = None
    people = [person for person in room.participants.values() if not is_dependent(person)]
    room.info.num_participants = len(people)
    room.info.num_publishers = sum(person.info.is_publisher for person in people)
    room.info.active_recording = any(person.info.permission.recorder for person in room.participants.values())


def _fresh(name: str, settings: RoomConfiguration) -> Room:
    now = time.time()
    info = Room(
        sid=ids.new("RM_"),
        name=name,
        empty_timeout=EMPTY_TIMEOUT,
        departure_timeout=DEPARTURE_TIMEOUT,
        creation_time=int(now),
        creation_time_ms=int(now * 1000),
        turn_password=ids.letters(43),
        enabled_codecs=[Codec(mime=mime) for mime in CODECS],
    )
    for setting in SETTINGS:
        if getattr(settings, setting):
            setattr(info, setting, getattr(settings, setting))
    return info
