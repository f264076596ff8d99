"""LiveKit's recordings: start, stop, and how they stand."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from livekit.protocol.egress import (
    EgressInfo,
    EgressStatus,
    EncodedFileOutput,
    EncodedFileType,
    FileInfo,
    ListEgressRequest,
    RoomCompositeEgressRequest,
    S3Upload,
    StopEgressRequest,
)

from webapp.livekit.client import call
from webapp.livekit.errors import LiveKitError

PREFIX = "EGRESS_"
LONGEST = 7 * 24 * 3600 * 10**9  # nanoseconds: no recording is longer than a week
RECORDING = {"starting", "active"}  # until somebody stops it, or its worker is gone


@dataclass(frozen=True)
class EgressFile:
    """What an egress wrote, as the worker names it."""

    filename: str
    location: str
    size: int | None  # bytes
    duration_ms: int | None


@dataclass(frozen=True)
class Egress:
    """An egress as LiveKit tells of it."""

    egress_id: str
    room_name: str
    status: str  # starting, active, ending, complete, failed, aborted, limit_reached
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime | None  # when its status last changed
    error: str
    filepath: str  # as it was asked for: what the file is known by before it is written
    file: EgressFile | None


@dataclass(frozen=True)
class Upload:
    """A bucket of an S3 API, as the egress worker reaches it; without a key the worker uses what its machine has."""

    bucket: str
    endpoint: str  # empty: Amazon's own
    region: str
    access_key: str = field(repr=False)
    secret: str = field(repr=False)


def start(
    room: str, filepath: str, *, audio_only: bool, upload: Upload | None = None, timeout: float | None = None
) -> Egress:
    """Record the room, video and sound as MP4 or sound alone as OGG, into a file of the egress worker or an object.

    Without a worker LiveKit takes 21 to 23 seconds to say so (503): `timeout` bounds the waiting.
    """
    kind = EncodedFileType.OGG if audio_only else EncodedFileType.MP4
    output = EncodedFileOutput(file_type=kind, filepath=filepath, disable_manifest=True)
    if upload is not None:
        output.s3.CopyFrom(S3Upload(**asdict(upload), force_path_style=True))
    request = RoomCompositeEgressRequest(room_name=room, audio_only=audio_only, file_outputs=[output])
    return _egress(call(lambda livekit: livekit.egress.start_room_composite_egress(request), timeout))


def stop(egress_id: str) -> Egress:
    """Ask for the end; it is over when LiveKit says complete.

    Raises LiveKitError: failed_precondition when it has ended already, not_found when LiveKit does not know it, and,
    each after 3 seconds, deadline_exceeded when no worker answers LiveKit for it.
    """
    request = StopEgressRequest(egress_id=egress_id)
    return _egress(call(lambda livekit: livekit.egress.stop_egress(request)))


def find(egress_id: str) -> Egress | None:
    """The egress, or None when LiveKit does not know it (any more)."""
    try:
        found = _list(egress_id=egress_id)
    except LiveKitError as error:
        if error.code == "not_found":
            return None
        raise
    return found[0] if found else None


def list_of_room(room: str) -> list[Egress]:
    """Every egress of a room that LiveKit still knows, ended ones too."""
    return _list(room_name=room)


def from_hook(info: Mapping[str, Any]) -> Egress:
    """The `egressInfo` of a webhook; raises ValueError when it is none."""
    try:
        return _egress(ParseDict(dict(info), EgressInfo(), ignore_unknown_fields=True))
    except ParseError:
        raise ValueError("not an egressInfo") from None


def _list(**filters: Any) -> list[Egress]:
    answer = call(lambda livekit: livekit.egress.list_egress(ListEgressRequest(**filters)))
    return [_egress(item) for item in answer.items]


def _egress(info: EgressInfo) -> Egress:
    return Egress(
        egress_id=info.egress_id,
        room_name=info.room_name,
        status=_status(info),
        started_at=_time(info.started_at),
        ended_at=_time(info.ended_at),
        updated_at=_time(info.updated_at),
        error=info.error,
        filepath=_filepath(info),
        file=_file(info),
    )


def _status(info: EgressInfo) -> str:
    """The status in LiveKit's word, lower case; empty for one that this protocol does not know."""
    known = EgressStatus.DESCRIPTOR.values_by_number.get(info.status)
    return str(known.name).removeprefix(PREFIX).lower() if known is not None else ""


def _filepath(info: EgressInfo) -> str:
    outputs = info.room_composite.file_outputs
    return str(outputs[0].filepath) if outputs else ""


def _file(info: EgressInfo) -> EgressFile | None:
    """The file that was made; older servers say it in `file`. What no recording can have is unknown."""
    results = [*info.file_results, *([info.file] if info.WhichOneof("result") == "file" else [])]
    for result in results:
        size = result.size if result.size > 0 else None
        return EgressFile(result.filename, result.location, size, _length(result, info))
    return None


def _length(result: FileInfo, info: EgressInfo) -> int | None:
    """Milliseconds: as the file says, else from its own times, else from the egress'; None where none is sane."""
    for length in (result.duration, _between(result), _between(info)):
        if 0 < length <= LONGEST:
            return int(length // 1_000_000)
    return None


def _between(told: FileInfo | EgressInfo) -> int:
    return told.ended_at - told.started_at if 0 < told.started_at < told.ended_at else 0


def _time(nanoseconds: int) -> datetime | None:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC) if nanoseconds > 0 else None
