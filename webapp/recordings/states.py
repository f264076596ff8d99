"""The life of a recording: the table of what moves which state where; nothing else moves one."""

import enum
from collections.abc import Mapping


class State(enum.Enum):
    """Where a recording is; the last four are terminal and free the room."""

    STARTING = "starting"
    ACTIVE = "active"
    STOPPING = "stopping"
    SAVED = "saved"
    FAILED = "failed"
    ABORTED = "aborted"
    GONE = "gone"  # it was saved, and its file is in the storage no more

    @property
    def terminal(self) -> bool:
        """Nothing more is expected of LiveKit."""
        return self in {State.SAVED, State.FAILED, State.ABORTED, State.GONE}


class Trigger(enum.Enum):
    """What happens to a recording, whoever reports it."""

    BEGAN = "began"  # LiveKit records
    STOP = "stop"  # its end is wished
    ENDING = "ending"  # LiveKit records no more, and the file is not there yet
    STORED = "stored"  # the file is there
    FAILED = "failed"  # nothing will come of it
    ABORTED = "aborted"  # nothing will come of it, and nothing was recorded
    VANISHED = "vanished"  # the file is there no more, before its time


class ReportedBy(enum.Enum):
    """Who brought it about, or told of it."""

    PERSON = "person"  # on a page
    ANSWER = "answer"  # LiveKit, asked to start or stop
    WEBHOOK = "webhook"  # LiveKit, by an egress webhook
    STORAGE_HOOK = "storage_hook"  # the object store, by its notification
    CHECK = "check"  # Frontdesk, which looked at LiveKit and the storage


_OVER = {Trigger.STORED: State.SAVED, Trigger.FAILED: State.FAILED, Trigger.ABORTED: State.ABORTED}
_TO_STOPPING = {Trigger.STOP: State.STOPPING, Trigger.ENDING: State.STOPPING}

TRANSITIONS: Mapping[State, Mapping[Trigger, State]] = {
    State.STARTING: {Trigger.BEGAN: State.ACTIVE, **_TO_STOPPING, **_OVER},
    State.ACTIVE: {**_TO_STOPPING, **_OVER},
    State.STOPPING: _OVER,
    State.SAVED: {Trigger.VANISHED: State.GONE},
    # what was given up, or missed, is healed by its file, never by anything less
    State.FAILED: {Trigger.STORED: State.SAVED},
    State.ABORTED: {Trigger.STORED: State.SAVED},
    State.GONE: {Trigger.STORED: State.SAVED},
}


def after(state: State, trigger: Trigger) -> State | None:
    """Where the trigger moves a recording in this state; None where it changes nothing, as one that comes late."""
    return TRANSITIONS[state].get(trigger)
