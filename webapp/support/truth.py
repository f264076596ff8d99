"""What is true of a recording: one word for what our row, LiveKit's egress and the stored object say together."""

import enum

from webapp.core.db import utcnow
from webapp.livekit import egress
from webapp.recordings.models import Recording
from webapp.recordings.retention import expired
from webapp.recordings.states import State
from webapp.recordings.stored import Stored
from webapp.support.sides import AWAY, Kept


class Truth(enum.Enum):
    """How a recording stands; the sentences are in the template."""

    SAVED = "saved"
    OTHER_SIZE = "other_size"
    FILE_MISSING = "file_missing"  # ours says saved, and nothing is there
    FILE_GONE = "file_gone"  # that is known already
    FILE_BACK = "file_back"
    EXPIRED = "expired"
    REMOVED = "removed"  # after it had expired
    NO_FILE = "no_file"  # it failed, and left none
    FILE_AFTER_ALL = "file_after_all"  # it counts as failed, and there is one
    STORAGE_AWAY = "storage_away"
    LIVEKIT_AWAY = "livekit_away"
    NOT_ANSWERED = "not_answered"  # LiveKit has not said that it began
    RECORDING = "recording"
    STOP_NOT_DONE = "stop_not_done"
    UPLOADING = "uploading"
    OVER = "over"  # with its file, and our row does not know it
    OVER_WITHOUT_FILE = "over_without_file"
    ENDED_BADLY = "ended_badly"  # LiveKit says so, and our row does not know it
    FORGOTTEN = "forgotten"
    FORGOTTEN_WITH_FILE = "forgotten_with_file"
    BEING_DELETED = "being_deleted"


# where asking again may move the row; all other states change by somebody's deed or by time alone
ASK_STORAGE = {Truth.FILE_MISSING, Truth.FILE_GONE, Truth.FILE_BACK, Truth.FILE_AFTER_ALL}
ASK_LIVEKIT = {
    *(Truth.NOT_ANSWERED, Truth.RECORDING, Truth.STOP_NOT_DONE, Truth.UPLOADING, Truth.OVER, Truth.OVER_WITHOUT_FILE),
    *(Truth.ENDED_BADLY, Truth.FORGOTTEN, Truth.FORGOTTEN_WITH_FILE),
}


def of(kept: Kept, *, livekit_answered: bool) -> Truth:
    """What is true of it, as far as each side could be asked."""
    if kept.row.deleting_at is not None:
        return Truth.BEING_DELETED
    if not kept.row.state.terminal:
        return _of_running(kept) if livekit_answered else Truth.LIVEKIT_AWAY
    if kept.stored == AWAY:
        return Truth.STORAGE_AWAY
    there = isinstance(kept.stored, Stored)
    if kept.row.state is State.SAVED:
        return _of_saved(kept.row, kept.stored if isinstance(kept.stored, Stored) else None)
    if kept.row.state is State.GONE:
        return Truth.FILE_BACK if there else Truth.FILE_GONE
    return Truth.FILE_AFTER_ALL if there else Truth.NO_FILE


def _of_saved(row: Recording, stored: Stored | None) -> Truth:
    if expired(row.expires_at, utcnow()):
        return Truth.EXPIRED if stored else Truth.REMOVED
    if stored is None:
        return Truth.FILE_MISSING
    return Truth.SAVED if row.size in {None, stored.size} else Truth.OTHER_SIZE


def _of_running(kept: Kept) -> Truth:
    there, found = isinstance(kept.stored, Stored), kept.egress
    if found is None and kept.row.egress_id is None:
        return Truth.NOT_ANSWERED
    if found is None:
        return Truth.FORGOTTEN_WITH_FILE if there else Truth.FORGOTTEN
    if found.status in egress.RECORDING:
        return Truth.STOP_NOT_DONE if kept.row.state is State.STOPPING else Truth.RECORDING
    if found.status == "ending":
        return Truth.UPLOADING
    if found.status in {"complete", "limit_reached"}:
        return Truth.OVER if there else Truth.OVER_WITHOUT_FILE
    return Truth.ENDED_BADLY
