"""A deletion that was just asked for can be taken back: by whoever asked, for ten seconds; only then the file goes.

All recordings that were deleted at once share the moment, by which they are found. What undoes it names one of them by
id, signed for this purpose alone; whose word it was is read from the audit log.
"""

import uuid
from datetime import timedelta

import sqlalchemy as sa

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core import due, signed_ids
from webapp.core.db import db, utcnow
from webapp.recordings import announcing, policy, queries
from webapp.recordings.models import Recording, Transition
from webapp.recordings.states import State

UNDO = timedelta(seconds=10)
HELD = UNDO + timedelta(seconds=5)  # the file goes once nobody can be undoing it any more
PURPOSE = "recordings.undo_delete"


class DeletionStands(Exception):
    """The time is over, it was undone already, or somebody else asked for it."""


def token(recording: Recording) -> str:
    """What stands for the deletion in the form that undoes it."""
    return signed_ids.sign(recording.id, PURPOSE)


def read(given: str) -> uuid.UUID | None:
    """Which recording is meant; None for a token that we did not make, or made for something else."""
    return signed_ids.read(given, PURPOSE)


def let_go(recording: Recording) -> None:
    """Let the recording be removed as soon as its deletion can't be undone any more."""
    asked_at = recording.deleting_at or utcnow()
    due.add("recordings.delete", after=max(asked_at + HELD - utcnow(), timedelta()), recording_id=str(recording.id))


def is_final(recording: Recording) -> bool:
    """Nobody can take the deletion back any more; sure only while the row is locked."""
    return recording.deleting_at is not None and recording.deleting_at <= utcnow() - HELD


def undoable(user: User, key: uuid.UUID) -> list[Recording]:
    """What was deleted with this recording, while this person may still take it back; empty when they may not."""
    now = utcnow()
    moment = sa.select(Recording.deleting_at).where(Recording.id == key, Recording.deleting_at > now - UNDO)
    together = queries.visible_to(user).where(Recording.deleting_at == moment.scalar_subquery())
    known = queries.remembering(user, together.order_by(Recording.id).execution_options(populate_existing=True))
    if key not in {recording.id for recording in known} or _asked_by(key) != user.id:
        return []
    return [recording for recording in known if policy.delete(user, recording)]


def _asked_by(key: uuid.UUID) -> uuid.UUID | None:
    asked = sa.select(AuditEntry.user_id).where(AuditEntry.action == "recording.delete")
    return db.session.scalar(asked.where(AuditEntry.target_id == str(key)).order_by(AuditEntry.id.desc()).limit(1))


def undo_delete(user: User, key: uuid.UUID, *, actor: Actor) -> int:
    """Keep what was deleted with this recording a moment ago; gives how many. Raises DeletionStands.

    One that was running has been stopped all the same.
    """
    asked = [recording.id for recording in undoable(user, key)]
    queries.by_ids(user, asked, lock=True)  # first the locks: of two who press at once, the second finds nothing
    back = undoable(user, key)
    if not back:
        raise DeletionStands
    for recording in back:
        asked_at, recording.deleting_at = recording.deleting_at, None
        saved = sa.select(Transition.id).where(Transition.recording_id == recording.id, Transition.at >= asked_at)
        if db.session.scalar(saved.where(Transition.to_state == State.SAVED).limit(1)) is not None:
            announcing.saved(recording)  # which was not done while it was to go
        audit.record("recording.undo_delete", recording, actor)
    return len(back)
