"""A legal hold: an admin's word that a recording neither expires nor is deleted, until an admin ends it."""

from datetime import timedelta

from webapp import audit
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import utcnow
from webapp.recordings.models import Recording
from webapp.recordings.retention import expires_at
from webapp.recordings.states import State
from webapp.recordings.storage import storage

AFTERWARDS = timedelta(days=1)  # what expired meanwhile can be kept longer until then


class OnHold(Exception):
    """A legal hold keeps the recording."""


class NotSaved(Exception):
    """There is no file that could be held."""


def let_tag(recording: Recording) -> None:
    """Let a store that expires objects by itself be told the recording's class, once this is committed."""
    if storage().expires_objects:
        due.add("recordings.tag", recording_id=str(recording.id))


def hold(recording: Recording, reason: str, *, actor: Actor) -> None:
    """Keep the recording whatever its time; the storage has been told before. Raises NotSaved; the row is locked."""
    if recording.state is not State.SAVED or recording.removed_at is not None:
        raise NotSaved
    if recording.held_at is None:
        recording.held_at, recording.hold_reason = utcnow(), reason
        recording.expires_at = None
        let_tag(recording)
        audit.record("recording.hold", recording, actor, reason=reason)


def release(recording: Recording, reason: str, *, actor: Actor) -> None:
    """Let its time count again: what would have expired meanwhile does so in a day. The row is locked."""
    if recording.held_at is None:
        return
    recording.held_at, recording.hold_reason = None, ""
    ends_at = expires_at(recording.stored_at, recording.retention_days)
    recording.expires_at = max(ends_at, utcnow() + AFTERWARDS) if ends_at is not None else None
    let_tag(recording)
    audit.record("recording.release", recording, actor, reason=reason)
