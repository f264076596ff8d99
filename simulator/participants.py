"""People in rooms: how they come and go, what they publish, and what taking a permission away destroys for good."""

import time
import uuid
from collections.abc import Mapping
from typing import cast

from livekit.protocol.models import (
    BackupCodecPolicy,
    ClientInfo,
    DisconnectReason,
    ParticipantInfo,
    ParticipantPermission,
    SimulcastCodecInfo,
    TimedVersion,
    TrackInfo,
    TrackSource,
    TrackType,
    VideoLayer,
)
from livekit.protocol.room import RoomConfiguration

from simulator import ids, rooms, webhooks
from simulator.tokens import Claims
from simulator.world import Back, Left, LiveRoom, Participant, World

KIND = ParticipantInfo.Kind
SID_PREFIX = {
    TrackSource.MICROPHONE: "TR_AM",
    TrackSource.CAMERA: "TR_VC",
    TrackSource.SCREEN_SHARE: "TR_VS",
    TrackSource.SCREEN_SHARE_AUDIO: "TR_AS",
}
AUDIO = {TrackSource.MICROPHONE, TrackSource.SCREEN_SHARE_AUDIO, TrackSource.UNKNOWN}
WEB_CAPABILITIES = (ClientInfo.CAP_PACKET_TRAILER, ClientInfo.CAP_COMPRESSION_DEFLATE_RAW)


class RoomFull(Exception):
    """The room has as many participants as it may."""


def everything(*, can_update_metadata: bool = False) -> ParticipantPermission:
    """May see, speak and send data, as by a token without restrictions; phones may also change their metadata."""
    return ParticipantPermission(
        can_subscribe=True, can_publish=True, can_publish_data=True, can_update_metadata=can_update_metadata
    )


def permission_of(claims: Claims) -> ParticipantPermission:
    """What a token lets its bearer do inside: its main rights unless it says no, others only if it says so."""
    video = claims.video
    return ParticipantPermission(
        can_subscribe=video.get("canSubscribe", True),
        can_publish=video.get("canPublish", True),
        can_publish_data=video.get("canPublishData", True),
        can_publish_sources=[source_named(name) for name in video.get("canPublishSources", ())],
        hidden=video.get("hidden", False),
        recorder=video.get("recorder", False),
        can_update_metadata=video.get("canUpdateOwnMetadata", False),
        agent=video.get("agent", False),
        can_subscribe_metrics=video.get("canSubscribeMetrics", False),
    )


def source_named(name: str) -> TrackSource:
    """A track source as tokens and people write it. Raises ValueError."""
    return cast("TrackSource", TrackSource.Value(name.upper()))


def kind_named(name: str) -> ParticipantInfo.Kind:
    """A participant's kind as tokens write it, a person if they do not. Raises ValueError."""
    return cast("ParticipantInfo.Kind", KIND.Value(name.upper() or "STANDARD"))


def join(
    world: World,
    room_name: str,
    identity: str,
    *,
    name: str = "",
    kind: ParticipantInfo.Kind = KIND.STANDARD,
    permission: ParticipantPermission | None = None,
    attributes: Mapping[str, str] | None = None,
    metadata: str = "",
    settings: RoomConfiguration | None = None,
    left: Left | None = None,
    back: Back | None = None,
) -> Participant:
    """Enter a room, which is created if absent (with `settings`); whoever had the identity is thrown out.

    Raises RoomFull. `left` is told when it ends, whoever ends it.
    """
    room = rooms.ensure(world, room_name, settings)
    earlier = room.participants.get(identity)
    if earlier is not None:
        leave(world, earlier, DisconnectReason.DUPLICATE_IDENTITY)
    if 0 < room.info.max_participants <= sum(not rooms.is_dependent(other) for other in room.participants.values()):
        raise RoomFull(room.info.sid)
    info = _info(identity, name, kind, permission or everything(), metadata)
    info.attributes.update(attributes or {})
    person = Participant(info, room, left=left, back=back)
    person.subscribed = {track.sid for other in _seen(room) for track in other.info.tracks}
    room.participants[identity] = person
    room.entered = room.entered or not rooms.is_dependent(person)
    rooms.close_when_empty(world, room)
    webhooks.send_room(world, "participant_joined", room.info, info)
    rooms.count_soon(world, room)
    return person


def join_again(world: World, before: Participant) -> Participant:
    """Come back by oneself after LiveKit restarted: a new participant and new tracks, unmuted, with all permissions."""
    old = before.info
    person = join(
        world,
        before.room.info.name,
        old.identity,
        name=old.name,
        kind=old.kind,
        permission=everything(can_update_metadata=old.permission.can_update_metadata),
        attributes=old.attributes,
        metadata=old.metadata,
        left=before.left,
        back=before.back,
    )
    for track in old.tracks:
        publish(world, person, track.source, name=track.name)
    if before.back is not None:
        before.back(person)
    return person


def abort(world: World, room_name: str, identity: str, name: str = "") -> None:
    """Open the signal connection and lose it before the media are up: LiveKit tells of an aborted connection only."""
    room = rooms.ensure(world, room_name)
    info = _info(identity, name, KIND.STANDARD, everything(), "")
    info.ClearField("client_protocol")
    info.ClearField("capabilities")
    info.state = ParticipantInfo.State.DISCONNECTED
    info.disconnect_reason = DisconnectReason.SIGNAL_CLOSE
    webhooks.send_room(world, "participant_connection_aborted", room.info, info)


def leave(world: World, person: Participant, reason: DisconnectReason = DisconnectReason.CLIENT_INITIATED) -> None:
    """Leave for a reason; the tracks go first. Whoever left already stays gone."""
    room = person.room
    if room.participants.get(person.info.identity) is not person:
        return
    for track in list(person.info.tracks):
        unpublish(world, person, track.sid)
    del room.participants[person.info.identity]
    person.info.state = ParticipantInfo.State.DISCONNECTED
    person.info.disconnect_reason = reason
    person.info.version += 1
    webhooks.send_room(world, "participant_left", room.info, person.info)
    rooms.count_soon(world, room)
    rooms.close_when_empty(world, room)
    if person.left is not None:
        person.left(person, reason)


def publish(
    world: World, person: Participant, source: TrackSource = TrackSource.MICROPHONE, *, name: str = ""
) -> TrackInfo | None:
    """Publish a track of this source; nothing happens where the permissions forbid it."""
    if not _may_publish(person.info.permission, source):
        return None
    phone = person.info.kind == KIND.SIP
    track = person.info.tracks.add()
    track.CopyFrom(_track(source, name, phone))
    person.info.is_publisher = True
    person.info.version += 1
    if not person.info.permission.hidden:
        for other in person.room.participants.values():
            if other is not person:
                other.subscribed.add(track.sid)
    webhooks.send_room(world, "track_published", person.room.info, person.info, track)
    rooms.count_soon(world, person.room)
    return track


def unpublish(world: World, person: Participant, track_sid: str) -> None:
    """Take a track away for good: one published later is another track."""
    for index, track in enumerate(person.info.tracks):
        if track.sid == track_sid:
            webhooks.send_room(world, "track_unpublished", person.room.info, person.info, track)
            del person.info.tracks[index]
            person.info.version += 1
            rooms.count_soon(world, person.room)
            return


def allow(world: World, person: Participant, permission: ParticipantPermission) -> None:
    """Replace the whole permission. Tracks it forbids are destroyed, and no later permission brings them back."""
    if permission.can_publish != person.info.permission.can_publish:
        person.info.is_publisher = permission.can_publish
    person.info.permission.CopyFrom(permission)
    person.info.version += 1
    for track in list(person.info.tracks):
        if not _may_publish(permission, track.source):
            unpublish(world, person, track.sid)


def mute(person: Participant, track_sid: str, *, muted: bool) -> TrackInfo | None:
    """Mute or unmute a track; an unknown one is nobody's."""
    for track in person.info.tracks:
        if track.sid == track_sid:
            track.muted = muted
            person.info.version += 1
            return track
    return None


def hears(listener: Participant, speaker: Participant) -> bool:
    """An unmuted audio track of the speaker reaches the listener, who may hear."""
    return listener.info.permission.can_subscribe and any(
        track.sid in listener.subscribed
        for track in speaker.info.tracks
        if track.type == TrackType.AUDIO and not track.muted
    )


def _seen(room: LiveRoom) -> list[Participant]:
    return [person for person in room.participants.values() if not person.info.permission.hidden]


def _may_publish(permission: ParticipantPermission, source: TrackSource) -> bool:
    sources = permission.can_publish_sources
    return permission.can_publish and (not sources or source in sources)


def _info(
    identity: str, name: str, kind: ParticipantInfo.Kind, permission: ParticipantPermission, metadata: str
) -> ParticipantInfo:
    now = time.time()
    info = ParticipantInfo(
        sid=ids.new("PA_"),
        identity=identity,
        state=ParticipantInfo.State.ACTIVE,
        metadata=metadata,
        joined_at=int(now),
        joined_at_ms=int(now * 1000),
        name=name,
        version=2,
        kind=kind,
        permission=permission,
    )
    if kind == KIND.STANDARD:
        info.client_protocol = 2
        info.capabilities.extend(WEB_CAPABILITIES)
    return info


def _track(source: TrackSource, name: str, phone: bool) -> TrackInfo:
    audio = source in AUDIO
    mime = ("audio/opus" if phone else "audio/red") if audio else "video/VP8"
    mid, cid = ("0", "audio") if phone else ("7", str(uuid.uuid4()))
    codec = SimulcastCodecInfo(
        mime_type=mime, mid=mid, cid=cid, video_layer_mode=VideoLayer.ONE_SPATIAL_LAYER_PER_STREAM
    )
    return TrackInfo(
        sid=ids.new(SID_PREFIX.get(source, "TR_")),
        type=TrackType.AUDIO if audio else TrackType.VIDEO,
        name=name,
        source=source,
        mime_type=mime,
        mid=mid,
        stream="camera",
        codecs=[codec],
        backup_codec_policy=BackupCodecPolicy.SIMULCAST,
        version=TimedVersion(unix_micro=int(time.time() * 1_000_000)),
    )
