"""Zip files that are written while they are sent, and whose bytes depend on what is in them alone.

Members are stored, not compressed: what compressing gives differs between versions of zlib. They bear the first time
that the format knows (APPNOTE.TXT 4.4.6), and no owner, machine or comment.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

FIRST = (1980, 1, 1, 0, 0, 0)
UNIX, FILE = 3, 0o100644 << 16
PIECE = 64 * 1024  # bytes that are given on at a time, at least

Member = tuple[str, Iterable[bytes]]


class _Outlet(io.RawIOBase):
    """Takes what is written until somebody fetches it; it goes forward only."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = bytearray()

    def writable(self) -> bool:
        """It is there for that."""
        return True

    def write(self, data: Any) -> int:
        """Keep the bytes."""
        self._pending += data
        return len(data)

    def fetch(self, least: int = 0) -> bytes:
        """What has come together, if it is as much as that."""
        if len(self._pending) <= least:
            return b""
        data = bytes(self._pending)
        self._pending.clear()
        return data


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """The archive of these files, in their order, whose contents are read as it is written."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, FIRST)
            info.create_system, info.external_attr = UNIX, FILE
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    if data := outlet.fetch(PIECE):
                        yield data
    yield outlet.fetch()
