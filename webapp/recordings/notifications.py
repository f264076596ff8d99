"""What an object store says of its objects: event notifications of MinIO and of Amazon S3.

Both send `Records`, each with `eventName`, `s3.bucket.name` and `s3.object.key`, the key encoded as in a form (Amazon
S3 User Guide, "Event message structure"; MinIO, "Bucket Notifications", which writes `s3:` before the event's name).
They come in any order, late, twice, or not at all (same places): so a record only says where to look, and what the
store holds now decides.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

import structlog

from webapp.core import due
from webapp.core.db import db
from webapp.recordings import comparing, naming
from webapp.recordings.models import Recording
from webapp.recordings.states import ReportedBy, State
from webapp.recordings.storage import storage

log = structlog.get_logger()

AT_ONCE = 100  # records whose objects are looked for while the store waits for its answer
CREATED, REMOVED = "ObjectCreated:", ("ObjectRemoved:", "LifecycleExpiration:")


class Notified(enum.Enum):
    """What became of one record."""

    SAVED = "saved"
    GONE = "gone"
    REMOVED = "removed"  # after it had expired
    UNCHANGED = "unchanged"  # known before
    MISSING = "missing"  # the store itself does not find what it tells of, and nothing was to be kept yet
    LATER = "later"  # the store did not answer, or there are many: it is looked for soon
    OTHER_BUCKET = "other_bucket"
    OTHER_OBJECT = "other_object"  # no recording is kept there
    OTHER_EVENT = "other_event"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Notification:
    """One record: what happened to which object of which bucket."""

    event: str  # such as ObjectCreated:Put
    bucket: str
    name: str


def records(body: object) -> list[object]:
    """The records of a notification's body; none in a test event. Raises ValueError for what is no notification."""
    if not isinstance(body, Mapping):
        raise ValueError("a notification is a JSON object")
    told = body.get("Records")
    if isinstance(told, list):
        return list(told)
    if body.get("Event") == "s3:TestEvent" or (told is None and "EventName" not in body):
        return []
    raise ValueError("a notification has Records")


def apply(told: list[object]) -> list[Notified]:
    """Let each record's recording say what the store holds; the result of each, in order. Commits."""
    return [_apply(record, at_once=number < AT_ONCE) for number, record in enumerate(told)]


def _apply(record: object, *, at_once: bool) -> Notified:
    notification = _read(record)
    if notification is None:
        return Notified.UNREADABLE
    if not notification.event.startswith((CREATED, *REMOVED)):
        return Notified.OTHER_EVENT
    if notification.bucket != storage().bucket:
        return Notified.OTHER_BUCKET
    recording = _recording_at(notification.name)
    if recording is None:
        return Notified.OTHER_OBJECT
    return _look(recording) if at_once else _later(recording)


def _read(record: object) -> Notification | None:
    try:
        told = record["s3"]  # type: ignore[index]
        event, bucket, name = record["eventName"], told["bucket"]["name"], told["object"]["key"]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return None
    if not all(isinstance(text, str) for text in (event, bucket, name)):
        return None
    return Notification(event.removeprefix("s3:"), bucket, unquote_plus(name))


def _recording_at(name: str) -> Recording | None:
    key = storage().key_of(name)
    recording_id = naming.id_in(key) if key else None
    recording = db.session.get(Recording, recording_id) if recording_id else None
    db.session.commit()
    return recording if recording is not None and recording.key == key else None


def _look(recording: Recording) -> Notified:
    try:
        stored = storage().find(recording.key)
    except OSError as error:
        log.warning("recording.find_failed", recording=str(recording.id), code=type(error).__name__)
        return _later(recording)
    moved = comparing.take(recording, stored, ReportedBy.STORAGE_HOOK)
    db.session.commit()
    if moved:
        return Notified.SAVED if recording.state is State.SAVED else Notified.GONE
    if stored is not None:
        return Notified.UNCHANGED
    return Notified.REMOVED if recording.removed_at else Notified.MISSING


def _later(recording: Recording) -> Notified:
    due.add("recordings.check", recording_id=str(recording.id))
    db.session.commit()
    return Notified.LATER
