"""What the simulated egress worker writes: a short film or a tone, to the disk or to an S3 API."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from livekit.protocol.egress import EgressInfo, EncodedFileType, FileInfo

SAMPLES = Path(__file__).parent / "samples"
SECONDS = 4
KINDS = ("room_composite", "web", "participant", "track_composite", "track", "egress")


def outputs(request: Any) -> list[Any]:
    """The file outputs of any kind of request: flat, the deprecated single one, or those of StartEgress."""
    if hasattr(request, "outputs"):
        return [output.file for output in request.outputs if output.WhichOneof("config") == "file"]
    found = list(getattr(request, "file_outputs", ()))
    if hasattr(request, "file") and request.HasField("file"):
        found.append(request.file)
    return found


def write(info: EgressInfo, root: Path) -> list[FileInfo]:
    """Write every file the request asked for. Raises OSError or botocore's errors when the place is gone."""
    request = getattr(info, next(kind for kind in KINDS if info.HasField(kind)))
    return [_write(info, output, root) for output in outputs(request)]


def _write(info: EgressInfo, output: Any, root: Path) -> FileInfo:
    sample = SAMPLES / ("tone.ogg" if _is_ogg(output) else "pattern.mp4")
    name = _filled(output.filepath or f"{info.room_name}-{{time}}{sample.suffix}", info)
    location = _upload(output.s3, name, sample) if output.WhichOneof("output") == "s3" else _save(root, name, sample)
    return FileInfo(
        filename=name,
        started_at=info.started_at,
        ended_at=info.ended_at,
        duration=max(info.ended_at - info.started_at, 0),
        size=sample.stat().st_size,
        location=location,
    )


def _is_ogg(output: Any) -> bool:
    return bool(output.file_type == EncodedFileType.OGG) or output.filepath.endswith(".ogg")


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
