"""Who can watch a recording now, and why not: one answer for the media address, its page, and support."""

import enum
from datetime import datetime

from webapp.recordings import policy
from webapp.recordings.models import Recording
from webapp.recordings.retention import expired
from webapp.recordings.states import State
from webapp.rooms.models import Role


class WatchVerdict(enum.Enum):
    """It can be watched, or the first reason why it can't."""

    OPEN = "open"
    NO_ROLE = "no_role"
    MEMBERS_MAY_NOT = "members_may_not"
    BEING_DELETED = "being_deleted"
    NOT_SAVED = "not_saved"  # it goes on, or its file is not there yet
    NO_FILE = "no_file"  # it came to none, or it is gone
    EXPIRED = "expired"
    TRANSCRIPT = "transcript"  # it is there, for a transcriber alone


def of_role(recording: Recording, role: Role | None, now: datetime) -> WatchVerdict:
    """The answer to somebody who has this role in the room, or none."""
    if not policy.watches(role, recording.room):
        return WatchVerdict.MEMBERS_MAY_NOT if role is Role.MEMBER else WatchVerdict.NO_ROLE
    return of_recording(recording, now)


def of_recording(recording: Recording, now: datetime) -> WatchVerdict:
    """The answer to whoever may watch the room's recordings."""
    if recording.deleting_at is not None:
        return WatchVerdict.BEING_DELETED
    if recording.state is not State.SAVED:
        return WatchVerdict.NO_FILE if recording.state.terminal else WatchVerdict.NOT_SAVED
    if expired(recording.expires_at, now):
        return WatchVerdict.EXPIRED
    return WatchVerdict.OPEN if recording.mode.downloadable else WatchVerdict.TRANSCRIPT
