"""Saved recordings beside what the storage holds: each at least once a day, in slices of neighbouring keys."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.due import IncompleteError
from webapp.recordings import legal_hold, lifecycle, queries, service
from webapp.recordings.models import KEPT_STATES, Recording
from webapp.recordings.retention import expired
from webapp.recordings.states import ReportedBy, State
from webapp.recordings.storage import storage
from webapp.recordings.stored import Stored

log = structlog.get_logger()

SLICE = 1000  # what a bucket lists at once
SLICES = 100  # in one round
EVERY = timedelta(hours=20)  # rounds come hourly, so that no file goes unseen for a day


def compare() -> int:
    """Compare the recordings that are due with the storage; returns how many. Commits slice by slice.

    Raises IncompleteError while the storage is away: nothing is said of any recording then.
    """
    compared = 0
    for _ in range(SLICES):
        recordings = db.session.scalars(_due().limit(SLICE)).all()
        db.session.commit()
        if not recordings:
            break
        _compare(recordings)
        compared += len(recordings)
    return compared


def check(recording: Recording) -> None:
    """Look for the file of one recording now, and for a rule that may take it early.

    Raises OSError while the storage is away. Commits.
    """
    _look(recording)
    _note_rules([recording])


def _look(recording: Recording) -> None:
    key = recording.key
    db.session.commit()
    stored = storage().find(key)
    take(recording, stored, ReportedBy.CHECK)
    db.session.commit()


def take(recording: Recording, stored: Stored | None, reported_by: ReportedBy) -> bool:
    """Let a recording say whether its file is there; True when that is news. The row is locked until the commit.

    A file that goes after its time is not missed: the row says that it was removed. One that is over by another way is
    kept for its file; one that was deleted meanwhile is left.
    """
    if not queries.lock(recording):
        return False
    recording.compared_at = utcnow()
    if stored is not None:
        return service.adopt(recording, stored, reported_by, actor=Actor.system())
    if recording.state is State.SAVED and expired(recording.expires_at, utcnow()):
        recording.removed_at = recording.removed_at or utcnow()
        return False
    return service.miss(recording, reported_by, actor=Actor.system())


def _due() -> sa.Select[Recording]:
    kept = (Recording.state.in_(KEPT_STATES), Recording.removed_at.is_(None), Recording.deleting_at.is_(None))
    due = sa.select(Recording).where(*kept, Recording.compared_at < utcnow() - EVERY)
    return due.order_by(Recording.compared_at, Recording.id)


def _compare(recordings: Sequence[Recording]) -> None:
    try:
        there = storage().find_all([recording.key for recording in recordings])
        agree = {row.id for row in recordings if (row.key in there) is (row.state is State.SAVED)}
        _agreed(agree)
        for recording in recordings:
            if recording.tag != recording.wanted_tag:  # from before there were classes, or given up
                legal_hold.let_tag(recording)
        db.session.commit()
        _note_rules(recordings)
        for recording in recordings:  # what seems to differ is looked for by itself: it may have come or gone meanwhile
            if recording.id not in agree:
                _look(recording)
    except OSError as error:
        log.warning("recordings.not_compared", code=type(error).__name__)
        raise IncompleteError from error


def _note_rules(recordings: Sequence[Recording]) -> None:
    """Note at each the bucket's rule that may delete it before its time, where the rules can be read. Commits."""
    store = storage()
    try:
        rules = store.rules() or []
    except OSError as error:  # not every key may read them
        log.info("recordings.rules_not_read", code=type(error).__name__)
        return
    news: dict[str, list[uuid.UUID]] = {}
    for row in recordings:
        rule = lifecycle.early_rule(rules, store.egress_path(row.key), row.tag, row.promised_days)
        if rule != row.early_rule:
            news.setdefault(rule, []).append(row.id)
    for rule, ids in news.items():
        db.session.execute(sa.update(Recording).where(Recording.id.in_(ids)).values(early_rule=rule))
    db.session.commit()


def _agreed(ids: set[uuid.UUID]) -> None:
    compared = sa.update(Recording).where(Recording.id.in_(ids)).values(compared_at=utcnow())
    db.session.execute(compared, execution_options={"synchronize_session": False})
    db.session.commit()
