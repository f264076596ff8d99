"""From the status of an egress to the state of a recording: pure, so that hooks and sweep agree."""

from webapp.recordings.models import State

STATES = {
    "starting": State.STARTING,
    "active": State.ACTIVE,
    "ending": State.STOPPING,
    "complete": State.SAVED,
    "limit_reached": State.SAVED,
    "failed": State.FAILED,
    "aborted": State.ABORTED,
}
RANK = {State.STARTING: 0, State.ACTIVE: 1, State.STOPPING: 2, State.SAVED: 3, State.FAILED: 3, State.ABORTED: 3}


def advances(now: State, then: State) -> bool:
    """States only move forward: an event that comes late changes nothing.

    A recording that was given up is healed by a saved file, never by anything less.
    """
    if now in {State.FAILED, State.ABORTED}:
        return then is State.SAVED
    return RANK[then] > RANK[now]
