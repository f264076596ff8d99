"""What the object of a recording is called: our id is in it, so whoever tells of the object names the recording."""

import uuid

from webapp.recordings.modes import Mode
from webapp.recordings.sharing import NAME


def key_of(recording_id: uuid.UUID, mode: Mode) -> str:
    """Where the object lies, below the storage's root."""
    return f"{NAME}/{recording_id}.{mode.extension}"


def id_in(path: str) -> uuid.UUID | None:
    """The id in the last part of a path or key; None where there is none."""
    try:
        return uuid.UUID(path.rsplit("/", 1)[-1].split(".", 1)[0])
    except ValueError:
        return None
