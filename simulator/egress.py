"""Egress: recordings with LiveKit's states, answers and refusals, and a file that really plays."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livekit.protocol.egress import (
    EgressInfo,
    EgressSourceType,
    EgressStatus,
    ListEgressRequest,
    ListEgressResponse,
    ParticipantEgressRequest,
    RoomCompositeEgressRequest,
    StartEgressRequest,
    StopEgressRequest,
    TrackCompositeEgressRequest,
    TrackEgressRequest,
    UpdateLayoutRequest,
    UpdateStreamRequest,
    WebEgressRequest,
)

from simulator import ids, recorder, webhooks
from simulator.tokens import Claims
from simulator.twirp import CLAIM_SECONDS, Method, TwirpError, behind_psrpc, nobody_answered, require
from simulator.world import World

NO_WORKER_SECONDS = 22.0
STARTING_SECONDS, ENDING_SECONDS = 1.0, 0.5
ENDED = {
    EgressStatus.EGRESS_COMPLETE,
    EgressStatus.EGRESS_FAILED,
    EgressStatus.EGRESS_ABORTED,
    EgressStatus.EGRESS_LIMIT_REACHED,
}
FIELDS: dict[type[Any], str] = {
    RoomCompositeEgressRequest: "room_composite",
    WebEgressRequest: "web",
    ParticipantEgressRequest: "participant",
    TrackCompositeEgressRequest: "track_composite",
    TrackEgressRequest: "track",
    StartEgressRequest: "egress",
}


@dataclass
class Egresses:
    """What the installation has recorded and records, by egress id, and the worker's own will."""

    known: dict[str, EgressInfo] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)  # as the worker gets it, with the keys of buckets
    orphaned: set[str] = field(default_factory=set)  # their worker was killed: nothing moves them any more
    uploading: float = 0.0  # seconds more, before LiveKit's factor, that a recording which ends stays "ending"
    next_end: int = EgressStatus.EGRESS_COMPLETE  # how the next one ends: complete, failed, aborted, limit reached


def of(world: World) -> Egresses:
    """The world's egresses."""
    return world.part(Egresses)


def _with_redis(world: World) -> None:
    if not world.switches.redis:
        raise TwirpError("internal", "twirp error unknown: egress not connected (redis required)")


async def start(world: World, request: Any, claims: Claims) -> EgressInfo:
    """Any of the Start methods: an absent room is refused at once, an absent worker after 22 seconds."""
    require(claims.may("roomRecord"))
    name = getattr(request, "room_name", "")
    room = world.rooms.get(name)
    if name and room is None:
        raise behind_psrpc("not_found", "requested room does not exist")
    if not world.switches.egress_worker or not world.switches.redis:
        await world.wait(NO_WORKER_SECONDS)
        raise behind_psrpc("unavailable", "no response from servers")
    if not recorder.has_output(request):
        raise behind_psrpc("invalid_argument", "request has missing or invalid field: output")
    now = time.time_ns()
    info = EgressInfo(
        egress_id=ids.new("EG_"),
        room_id=room.info.sid if room else "",
        room_name=name,
        source_type=EgressSourceType.EGRESS_SOURCE_TYPE_WEB,
        status=EgressStatus.EGRESS_STARTING,
        started_at=now,
        updated_at=now,
    )
    getattr(info, FIELDS[type(request)]).CopyFrom(request)
    recorder.redact(info)
    of(world).known[info.egress_id], of(world).asked[info.egress_id] = info, request
    webhooks.send_egress(world, "egress_started", info)
    world.spawn(_live(world, info))
    return _copy(info)


async def _live(world: World, info: EgressInfo) -> None:
    await world.wait(STARTING_SECONDS)
    if info.status == EgressStatus.EGRESS_STARTING and _served(world, info):
        info.started_at = time.time_ns()
        move(world, info, EgressStatus.EGRESS_ACTIVE)


async def stop(world: World, request: StopEgressRequest, claims: Claims) -> EgressInfo:
    """End a recording: it is "ending" in the answer and complete a moment later."""
    require(claims.may("roomRecord"))
    info = of(world).known.get(request.egress_id)
    if info is None or not world.switches.redis:
        await world.wait(CLAIM_SECONDS)
        _with_redis(world)
        raise behind_psrpc("not_found", "egress does not exist")
    if info.status in ENDED:
        await world.wait(CLAIM_SECONDS)
        status = EgressStatus.Name(info.status)
        raise TwirpError("failed_precondition", f"egress with status {status} cannot be stopped")
    if not _served(world, info):
        await world.wait(CLAIM_SECONDS)
        raise behind_psrpc("deadline_exceeded", "request timed out")
    end(world, info)
    return _copy(info)


def kill_worker(world: World) -> None:
    """Kill the worker with all that it records, as measured: LiveKit lists those as they were, for ever.

    No webhook tells of it. Another worker takes what is asked for from now on; without one, turn its switch off too.
    """
    part = of(world)
    part.orphaned |= {info.egress_id for info in part.known.values() if info.status not in ENDED}


def _served(world: World, info: EgressInfo) -> bool:
    return world.switches.egress_worker and info.egress_id not in of(world).orphaned


def end(world: World, info: EgressInfo, status: int | None = None, error: str = "") -> None:
    """Let a recording come to its end, in `status` or in what was ordered for the next one; `error` is why."""
    if info.status in ENDED or info.status == EgressStatus.EGRESS_ENDING:
        return
    move(world, info, EgressStatus.EGRESS_ENDING)
    final, of(world).next_end = status or of(world).next_end, EgressStatus.EGRESS_COMPLETE
    world.spawn(_finish(world, info, final, error))


async def _finish(world: World, info: EgressInfo, final: int, error: str) -> None:
    await world.wait(ENDING_SECONDS + of(world).uploading)
    if not _served(world, info):
        return
    info.ended_at, asked = time.time_ns(), of(world).asked[info.egress_id]
    if final in {EgressStatus.EGRESS_COMPLETE, EgressStatus.EGRESS_LIMIT_REACHED}:
        try:
            written = await asyncio.to_thread(recorder.write, info, asked, Path(world.options.recordings_dir))
        except Exception as problem:  # whatever the disk or the object store says ends in the egress, as with LiveKit
            info.error, final = type(problem).__name__, EgressStatus.EGRESS_FAILED
        else:
            info.file_results.extend(written)
    elif final == EgressStatus.EGRESS_FAILED:
        info.error = error or "recording failed"
    else:
        info.error = error or "Start signal not received"
    move(world, info, final)


def move(world: World, info: EgressInfo, status: int) -> None:
    """Change the state and tell the world."""
    info.status = status  # type: ignore[assignment]
    info.updated_at = time.time_ns()
    webhooks.send_egress(world, "egress_ended" if status in ENDED else "egress_updated", info)


def room_ended(world: World, name: str) -> None:
    """Recordings of a room end with it, if their worker lives."""
    for info in of(world).known.values():
        if info.room_name == name and _served(world, info):
            end(world, info)


async def listing(world: World, request: ListEgressRequest, claims: Claims) -> ListEgressResponse:
    """The recordings, by id order, filtered by room, id, and whether they are still under way."""
    require(claims.may("roomRecord"))
    _with_redis(world)
    known = of(world).known
    if request.egress_id and request.egress_id not in known:
        raise behind_psrpc("not_found", "egress does not exist")
    listed = [
        known[egress_id]
        for egress_id in sorted(known)
        if (not request.egress_id or egress_id == request.egress_id)
        and (not request.room_name or known[egress_id].room_name == request.room_name)
        and (not request.active or known[egress_id].status not in ENDED)
    ]
    return ListEgressResponse(items=listed)


async def update_layout(world: World, request: UpdateLayoutRequest, claims: Claims) -> EgressInfo:
    """Change the layout: needs the recorder inside the room, which the simulated worker is not."""
    require(claims.may("roomRecord"))
    if request.egress_id not in of(world).known:
        raise behind_psrpc("not_found", "egress does not exist")
    raise behind_psrpc("not_found", "participant does not exist")


async def update_stream(world: World, request: UpdateStreamRequest, claims: Claims) -> EgressInfo:
    """Change where a stream goes: the simulated worker streams nowhere."""
    require(claims.may("roomRecord"))
    info = of(world).known.get(request.egress_id)
    if info is not None and info.status not in ENDED:
        raise await nobody_answered(world)
    await world.wait(CLAIM_SECONDS)
    if info is None:
        raise behind_psrpc("not_found", "egress does not exist")
    raise TwirpError("failed_precondition", f"egress with status {EgressStatus.Name(info.status)} cannot be updated")


def _copy(info: EgressInfo) -> EgressInfo:
    copy = EgressInfo()
    copy.CopyFrom(info)
    return copy


def _starting(kind: type[Any]) -> Method:
    return Method(kind, start)


METHODS: dict[str, Method] = {
    "StartRoomCompositeEgress": _starting(RoomCompositeEgressRequest),
    "StartWebEgress": _starting(WebEgressRequest),
    "StartParticipantEgress": _starting(ParticipantEgressRequest),
    "StartTrackCompositeEgress": _starting(TrackCompositeEgressRequest),
    "StartTrackEgress": _starting(TrackEgressRequest),
    "StartEgress": _starting(StartEgressRequest),
    "StopEgress": Method(StopEgressRequest, stop),
    "ListEgress": Method(ListEgressRequest, listing),
    "UpdateLayout": Method(UpdateLayoutRequest, update_layout),
    "UpdateStream": Method(UpdateStreamRequest, update_stream),
}
