"""What the clock and due work do to recordings."""

import uuid
from datetime import timedelta

import sqlalchemy as sa
import structlog

from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.due import NotYet
from webapp.recordings import comparing, deletions, follow, queries, service, storage
from webapp.recordings.models import Recording
from webapp.recordings.states import State

log = structlog.get_logger()

GRACE = timedelta(days=1)  # an owner who notices within a day can still set a longer time
UNDOABLE = "undoable"
RULES_TAKE = timedelta(days=2)  # buckets work off their rules once a day, at midnight in UTC or later
AGAIN = timedelta(hours=1)
BATCH = 500


def _read(recording_id: str) -> Recording | None:
    """The recording of a piece of work as it is now; nothing stays open while others are asked. Commits."""
    recording = db.session.get(Recording, uuid.UUID(recording_id), populate_existing=True)
    db.session.commit()
    return recording


def stop(recording_id: str) -> None:
    """Ask LiveKit for a stop that somebody wished; raises NotYet when its worker did not answer the first one."""
    recording = _read(recording_id)
    if recording is None or recording.state is not State.STOPPING:
        return
    follow.end(recording)
    if recording.state is State.STOPPING and recording.problem == follow.UNANSWERED:
        raise NotYet(follow.UNANSWERED)


def delete(recording_id: str) -> None:
    """Remove a recording that somebody asked to delete: the object, then the row; the trail keeps what was.

    One that is not over is left: its end orders this anew; one that was kept after all as well. Raises OSError while
    the store is away, and NotYet while the deletion can be undone, to be tried again. Commits.
    """
    key = uuid.UUID(recording_id)
    recording = db.session.get(Recording, key, populate_existing=True, with_for_update=True)  # no undo is under way
    is_final = recording is not None and deletions.is_final(recording)
    db.session.commit()
    if recording is None or recording.deleting_at is None or not recording.state.terminal:
        return
    if not is_final:
        raise NotYet(UNDOABLE)
    storage.delete(recording.key)
    db.session.execute(sa.delete(Recording).where(Recording.id == recording.id))
    db.session.commit()


def check(recording_id: str) -> None:
    """Look for a file that the storage told of while it did not answer; raises OSError while that is so. Commits."""
    recording = _read(recording_id)
    if recording is not None:
        comparing.check(recording)


def tag(recording_id: str) -> None:
    """Let the storage know the recording's class; raises OSError while it is away, to be tried again. Commits.

    Raises NotYet when the class changed meanwhile: the tag that was written last must be the right one.
    """
    recording = _read(recording_id)
    if recording is None or recording.state is not State.SAVED or recording.removed_at is not None:
        return
    wanted = recording.wanted_tag
    storage.storage().tag(recording.key, wanted)
    if queries.lock(recording):
        recording.tag = wanted
        changed = recording.wanted_tag != wanted
        db.session.commit()
        if changed:
            raise NotYet("class_changed")


def remove_expired() -> int:
    """Let the files of recordings that expired a while ago be taken; returns how many. Commits one by one.

    Where the store's own rules expire an object on the very day, they have some days to do so.
    """
    over = sa.select(Recording).where(
        Recording.expires_at < utcnow() - GRACE, Recording.removed_at.is_(None), Recording.deleting_at.is_(None)
    )
    if storage.storage().expires_objects:
        by_rule = Recording.tag == sa.cast(Recording.retention_days, sa.String)
        over = over.where(sa.or_(sa.not_(by_rule), Recording.expires_at < utcnow() - GRACE - RULES_TAKE))
    removed = 0
    for recording in db.session.scalars(over.order_by(Recording.expires_at).limit(BATCH)).all():
        removed += service.remove_expired(recording, actor=Actor.system())
        db.session.commit()
    return removed


def remove_file(recording_id: str) -> None:
    """Take an expired recording's file; one that cannot be taken now is tried every hour, for ever. Commits."""
    recording = _read(recording_id)
    if recording is None or recording.removed_at is None:
        return
    try:
        storage.delete(recording.key)
    except OSError as error:
        log.warning("recording.not_removed", recording=recording_id, code=type(error).__name__)
        due.add("recordings.remove_file", after=AGAIN, recording_id=recording_id)
        db.session.commit()
