"""What a store tells of an object, whatever kind of store it is."""

from dataclasses import dataclass
from datetime import datetime

CHUNK = 256 * 1024  # bytes that are read at once


@dataclass(frozen=True)
class Stored:
    """An object that is there: its size in bytes and when it was written."""

    size: int
    written_at: datetime
