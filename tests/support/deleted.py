"""Deletions of recordings whose ten seconds are over."""

from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.recordings import deletions
from webapp.recordings.models import Recording


def pass_seconds(seconds: float) -> None:
    """So much time has passed since what was deleted was deleted."""
    db.session.rollback()
    by = timedelta(seconds=seconds)
    for recording in db.session.scalars(sa.select(Recording).where(Recording.deleting_at.is_not(None))):
        recording.deleting_at = (recording.deleting_at or recording.created_at) - by
    for waits in db.session.scalars(sa.select(DueWork).where(DueWork.kind == "recordings.delete")):
        waits.due_at -= by
    db.session.commit()


def let_go() -> None:
    """Nobody can undo a deletion any more, and what waited for that is done."""
    pass_seconds(deletions.HELD.total_seconds())
    work.run_due(register.HANDLERS)
