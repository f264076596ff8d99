"""Web participants for tests, the demo and the playground: join by name or by token, publish, leave."""

from typing import Any

from simulator import participants
from simulator.arguments import Arguments
from simulator.control import Command, described
from simulator.tokens import BadToken, Claims, verify
from simulator.world import Participant, World


def join(world: World, arguments: Arguments) -> dict[str, Any]:
    """Join with a LiveKit `token`, exactly as far as it allows; or by `room`, `identity` and `name` alone.

    `publish` is a list of sources (microphone, camera) to publish at once.
    """
    person = _with_token(world, arguments.text("token")) if "token" in arguments else _by_name(world, arguments)
    for source in arguments.texts("publish") if "publish" in arguments else ():
        participants.publish(world, person, participants.source_named(source))
    return described(person)


def abort(world: World, arguments: Arguments) -> None:
    """Begin to join `room` as `identity` and lose the connection before anybody saw it."""
    participants.abort(world, arguments.text("room"), arguments.text("identity"), arguments.text("name", ""))


def publish(world: World, arguments: Arguments) -> dict[str, Any]:
    """Publish a `source` (microphone if not said otherwise) of somebody; the permission decides whether it happens."""
    person = _present(world, arguments)
    participants.publish(
        world,
        person,
        participants.source_named(arguments.text("source", "microphone")),
        name=arguments.text("name", ""),
    )
    return described(person)


def unpublish(world: World, arguments: Arguments) -> dict[str, Any]:
    """Take the track `track_sid` of somebody away, or all of them."""
    person = _present(world, arguments)
    for track in list(person.info.tracks):
        if arguments.get("track_sid") in {None, track.sid}:
            participants.unpublish(world, person, track.sid)
    return described(person)


def leave(world: World, arguments: Arguments) -> None:
    """Leave by one's own wish."""
    participants.leave(world, _present(world, arguments))


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


def _by_name(world: World, arguments: Arguments) -> Participant:
    claims = Claims(
        identity=arguments.text("identity"),
        name=arguments.text("name", ""),
        kind=arguments.text("kind", ""),
        metadata=arguments.text("metadata", ""),
        attributes=arguments.get("attributes", {}),
        video=arguments.get("video", {}),
    )
    return _admitted(world, claims, arguments.text("room"))


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


def _present(world: World, arguments: Arguments) -> Participant:
    room = world.rooms.get(arguments.text("room"))
    if room is None or arguments.text("identity") not in room.participants:
        raise ValueError("nobody of that identity is in that room")
    return room.participants[arguments["identity"]]


COMMANDS: dict[str, Command] = {
    "join": join,
    "abort": abort,
    "publish": publish,
    "unpublish": unpublish,
    "leave": leave,
}
