"""Stream a recording's file: whole, a range of it, or its headers alone (RFC 9110 sections 14 and 9.3.2)."""

import uuid
from collections.abc import Iterator

import structlog
from flask import Response, request
from werkzeug.datastructures import Range
from werkzeug.http import http_date

from webapp.core import request_log
from webapp.core.times import reader_zone
from webapp.recordings.downloads import disposition
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.recordings.storage import storage
from webapp.recordings.stored import Stored

log = structlog.get_logger()


def has_file(recording: Recording, suffix: str) -> bool:
    """The recording came to a file, and this is what its name ends in."""
    return recording.state is State.SAVED and suffix == recording.extension


def answer(recording: Recording, found: Stored) -> Response:
    """The answer to GET or HEAD; nothing is written anywhere, so a full disk does not stop it.

    One range is answered with 206, several or unreadable ones with the whole (RFC 9110 14.2 allows it), one beyond the
    end with 416.
    """
    headers = {
        "Content-Type": recording.mode.content_type,
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(found.written_at),
        "ETag": f'"{int(found.written_at.timestamp() * 1000):x}-{found.size:x}"',
        "Content-Disposition": disposition(recording, reader_zone()),
        "Cache-Control": "private, no-store",
    }
    asked = request.range if "If-Range" not in request.headers or _same(headers, found) else None
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return _body(recording, 0, found.size, 200, headers)
    span = _span(asked, found.size)
    if span is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    start, end = span
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return _body(recording, start, end - start, 206, headers)


def _span(asked: Range, size: int) -> tuple[int, int] | None:
    """The part that is asked for; a suffix longer than the file is the whole file (RFC 9110 14.1.2)."""
    start, end = asked.ranges[0]
    if start is not None and start < -size < 0 and end is None:
        return 0, size
    return asked.range_for_length(size)


def _same(headers: dict[str, str], found: Stored) -> bool:
    """If-Range: a part is only sent of what the reader has the other part of."""
    condition = request.if_range
    if condition.etag is not None:
        return f'"{condition.etag}"' == headers["ETag"]
    return condition.date is not None and condition.date >= found.written_at.replace(microsecond=0)


def _body(recording: Recording, start: int, length: int, status: int, headers: dict[str, str]) -> Response:
    headers["Content-Length"] = str(length)
    whole: Iterator[bytes] = iter(()) if request.method == "HEAD" else storage().read(recording.key, start, length)
    pieces = _watched(whole, recording.id, request_log.current())
    return Response(pieces, status, headers, direct_passthrough=True)


def _watched(pieces: Iterator[bytes], recording_id: uuid.UUID, request_id: str) -> Iterator[bytes]:
    """The bytes; a store that fails on the way cuts the connection, which every client sees as an incomplete file.

    Runs when the app's context is gone: everything it needs is given.
    """
    try:
        yield from pieces
    except OSError as error:
        kind = type(error).__name__
        log.error("recording.read_failed", recording=str(recording_id), code=kind, request=request_id)
        raise
