"""Web participants for tests, the demo and the playground: join by name or by token, publish, leave."""

from typing import Any

from simulator import participants
from simulator.arguments import Arguments
from simulator.control import Command, described
from simulator.tokens import BadToken, Claims, verify
from simulator.world import Participant, World


def join(world: World, told: Arguments) -> dict[str, Any]:
    """Join with a LiveKit `token`, exactly as far as it allows; or by `room`, `identity` and `name` alone.

    `publish` is a list of sources (microphone, camera) to publish at once.
    """
    person = _with_token(world, told.text("token")) if "token" in told else _by_name(world, told)
    for source in told.texts("publish") if "publish" in told else ():
        participants.publish(world, person, participants.source_named(source))
    return described(person)


def abort(world: World, told: Arguments) -> None:
    """Begin to join `room` as `identity` and lose the connection before anybody saw it."""
    participants.abort(world, told.text("room"), told.text("identity"), told.text("name", ""))


def publish(world: World, told: Arguments) -> dict[str, Any]:
    """Publish a `source` (microphone if not said otherwise) of somebody; the permission decides whether it happens."""
    person = _present(world, told)
    participants.publish(
        world, person, participants.source_named(told.text("source", "microphone")), name=told.text("name", "")
    )
    return described(person)


def unpublish(world: World, told: Arguments) -> dict[str, Any]:
    """Take the track `track_sid` of somebody away, or all of them."""
    person = _present(world, told)
    for track in list(person.info.tracks):
        if told.get("track_sid") in {None, track.sid}:
            participants.unpublish(world, person, track.sid)
    return described(person)


def leave(world: World, told: Arguments) -> None:
    """Leave by one's own wish."""
    participants.leave(world, _present(world, told))


def _with_token(world: World, token: str) -> Participant:
    try:
        claims = verify(token, {world.options.api_key: world.options.api_secret})
    except BadToken as error:
        raise ValueError("LiveKit refuses the token") from error
    if not claims.may("roomJoin"):
        raise ValueError("the token does not allow to join")
    if not claims.identity:
        raise ValueError("identity cannot be empty")
    return _admitted(world, claims, str(claims.video.get("room", "")))


def _by_name(world: World, told: Arguments) -> Participant:
    claims = Claims(
        identity=told.text("identity"),
        name=told.text("name", ""),
        kind=told.text("kind", ""),
        metadata=told.text("metadata", ""),
        attributes=told.get("attributes", {}),
        video=told.get("video", {}),
    )
    return _admitted(world, claims, told.text("room"))


def _admitted(world: World, claims: Claims, room: str) -> Participant:
    try:
        return participants.join(
            world,
            room,
            claims.identity,
            name=claims.name,
            kind=participants.kind_named(claims.kind),
            permission=participants.permission_of(claims),
            attributes=claims.attributes,
            metadata=claims.metadata,
        )
    except participants.RoomFull as error:
        raise ValueError("room has exceeded its max participants") from error


def _present(world: World, told: Arguments) -> Participant:
    room = world.rooms.get(told.text("room"))
    if room is None or told.text("identity") not in room.participants:
        raise ValueError("nobody of that identity is in that room")
    return room.participants[told["identity"]]


COMMANDS: dict[str, Command] = {
    "join": join,
    "abort": abort,
    "publish": publish,
    "unpublish": unpublish,
    "leave": leave,
}
