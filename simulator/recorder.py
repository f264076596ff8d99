"""What the simulated egress worker writes: a short film or a tone, to the disk or to an S3 API."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from livekit.protocol.egress import EgressInfo, EncodedFileType, FileInfo, S3Upload

SAMPLES = Path(__file__).parent / "samples"
SECONDS = 4
SECRET = ("access_key", "secret", "session_token", "assume_role_arn", "assume_role_external_id")


@dataclass(frozen=True)
class Output:
    """A file that was asked for: as what, under which name, and in which S3 bucket, if not on the disk."""

    ogg: bool
    filepath: str
    bucket: Any = None


def has_output(request: Any) -> bool:
    """Whether any kind of request says where to send what is recorded; only files are really written."""
    names = ("outputs", "file_outputs", "stream_outputs", "segment_outputs", "image_outputs")
    return any(getattr(request, name, ()) for name in names) or _single(request) is not None


def outputs(request: Any) -> list[Output]:
    """The file outputs of any kind of request: flat, the deprecated single one, or those of StartEgress."""
    if hasattr(request, "outputs"):
        files = [output for output in request.outputs if output.WhichOneof("config") == "file"]
        return [_output(output.file, _bucket(output.storage) or _bucket(request.storage)) for output in files]
    files = [_output(file, _bucket(file)) for file in getattr(request, "file_outputs", ())]
    if _single(request) == "file":
        files.append(_output(request.file, _bucket(request.file)))
    return files


def _single(request: Any) -> Any:
    return request.WhichOneof("output") if "output" in request.DESCRIPTOR.oneofs_by_name else None


def _bucket(place: Any) -> Any:
    return place.s3 if place.HasField("s3") else None


def _output(file: Any, bucket: Any) -> Output:
    # A single track's output has no file type.
    ogg = getattr(file, "file_type", EncodedFileType.DEFAULT_FILETYPE) == EncodedFileType.OGG
    return Output(ogg or file.filepath.endswith(".ogg"), file.filepath, bucket)


def redact(message: Any) -> None:
    """Put names in the place of what opens a bucket, as LiveKit does in all that it tells (egress/redact.go)."""
    if isinstance(message, S3Upload):
        for name in SECRET:
            if getattr(message, name):
                setattr(message, name, "{" + name + "}")
        return
    for described, value in message.ListFields():
        if described.message_type is not None and not described.message_type.GetOptions().map_entry:
            for each in value if isinstance(value, Sequence) else [value]:
                redact(each)


def write(info: EgressInfo, request: Any, root: Path) -> list[FileInfo]:
    """Write every file the request asked for. Raises OSError or botocore's errors when the place is gone."""
    return [_write(info, output, root) for output in outputs(request)]


def _write(info: EgressInfo, output: Output, root: Path) -> FileInfo:
    sample = SAMPLES / ("tone.ogg" if output.ogg else "pattern.mp4")
    name = _filled(output.filepath or f"{info.room_name}-{{time}}{sample.suffix}", info)
    location = _upload(output.bucket, name, sample) if output.bucket else _save(root, name, sample)
    return FileInfo(
        filename=name,
        started_at=info.started_at,
        ended_at=info.ended_at,
        duration=max(info.ended_at - info.started_at, 0),
        size=sample.stat().st_size,
        location=location,
    )


def _filled(path: str, info: EgressInfo) -> str:
    """Fill in LiveKit's place holders."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
    for holder, value in (("room_name", info.room_name), ("room_id", info.room_id), ("time", moment)):
        path = path.replace("{" + holder + "}", value)
    return path


def _save(root: Path, name: str, sample: Path) -> str:
    path = root / name  # an absolute name stays itself
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    shutil.copyfile(sample, partial)
    partial.replace(path)
    return str(path)


def _upload(target: Any, name: str, sample: Path) -> str:
    client = boto3.client(
        "s3",
        endpoint_url=target.endpoint or None,
        region_name=target.region or "us-east-1",
        aws_access_key_id=target.access_key or None,
        aws_secret_access_key=target.secret or None,
    )
    client.upload_file(str(sample), target.bucket, name)
    return f"{(target.endpoint or 's3:/').rstrip('/')}/{target.bucket}/{name}"
