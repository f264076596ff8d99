"""What changes recordings: begun by a person, moved by what LiveKit says, kept or deleted by owners."""

from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.core.masking import quoted
from webapp.core.settings import settings
from webapp.livekit.egress import Egress
from webapp.recordings import reasons, sharing, storage
from webapp.recordings.models import Mode, Recording, State
from webapp.recordings.retention import expires_at
from webapp.recordings.states import STATES, advances
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room

log = structlog.get_logger()

SUFFIX = {Mode.VIDEO: "mp4", Mode.AUDIO: "ogg"}
PATIENCE = timedelta(minutes=10)  # for a finished egress' file to appear


class AlreadyRunning(Exception):
    """The room has a recording that is not over."""


class AlreadyRemoved(Exception):
    """The file is gone: nothing can be kept any more."""


def start(room: Room, mode: Mode, *, actor: Actor) -> Recording:
    """Record the wish to record, in state "starting"; LiveKit is asked after the commit.

    Raises AlreadyRunning; the unique index holds it against two people at once.
    """
    recording_id = new_id()
    recording = Recording(
        id=recording_id,
        room_id=room.id,
        mode=mode,
        key=f"{sharing.NAME}/{recording_id}.{SUFFIX[mode]}",
        started_by_id=actor.user_id,
        retention_days=settings.retention_days or None,
    )
    try:
        with db.collision_safe():
            db.session.add(recording)
    except IntegrityError as clash:
        raise AlreadyRunning from clash
    audit.record("recording.start", recording, actor, mode=mode.value)
    return recording


def stop(recording: Recording, *, actor: Actor) -> bool:
    """Record the wish to stop; False when it is over or stopping already. LiveKit is asked after the commit."""
    wished = sa.update(Recording).where(
        Recording.id == recording.id, Recording.state.in_([State.STARTING, State.ACTIVE])
    )
    if not db.changed(wished.values(state=State.STOPPING)):
        return False
    recording.state = State.STOPPING
    audit.record("recording.stop", recording, actor)
    return True


def let_stop(recording: Recording) -> None:
    """Let LiveKit be asked for the stop as soon as this is committed, without anybody waiting for its answer."""
    due.add("recordings.stop", recording_id=str(recording.id))


def apply(recording: Recording, egress: Egress, found: Stored | None, *, actor: Actor) -> bool:
    """Move the recording to where LiveKit's egress is; True when something changed.

    `found` is what the storage holds under the recording's key: a finished egress whose file is not there (yet) keeps
    the recording in "stopping" until PATIENCE is over.
    """
    recording.egress_id = recording.egress_id or egress.egress_id
    recording.looked_at = utcnow()
    state, problem = _target(egress, found)
    if egress.status == "ending":
        recording.problem = ""  # of a stop that had not arrived
    if not advances(recording.state, state):
        return False
    recording.state, recording.problem, recording.reason = state, problem, _reason(recording, egress.error)
    recording.started_at = recording.started_at or egress.started_at
    if state.terminal:
        _end(recording, egress, found)
        _over(recording, actor, problem)
    return True


def fail(recording: Recording, problem: str, *, actor: Actor, said: str = "") -> None:
    """Give up on a recording of which nothing more will come; the room is free again.

    `said` is what LiveKit said of it, if anything.
    """
    if advances(recording.state, State.FAILED):
        recording.reason = _reason(recording, said) or recording.reason
        recording.state, recording.problem, recording.ended_at = State.FAILED, problem, utcnow()
        _over(recording, actor, problem)


def set_retention(recording: Recording, days: int | None, *, actor: Actor) -> None:
    """Keep the recording for so many days from the time its object was written, or (None) for ever.

    Raises AlreadyRemoved; the recording is locked.
    """
    if recording.removed_at is not None:
        raise AlreadyRemoved
    before = recording.retention_days
    recording.version += 1
    recording.retention_days = days
    recording.expires_at = expires_at(recording.stored_at, days)
    audit.record("recording.set_retention", recording, actor, before=before or "permanent", after=days or "permanent")


def ask_delete(recording: Recording, *, actor: Actor) -> None:
    """Record that the recording is to go: it is refused from now on, the object goes first, then the row.

    One that is not over is stopped, and goes when it is: until then it still says that its room is being recorded.
    """
    recording.deleting_at = recording.deleting_at or utcnow()
    if recording.state.terminal:
        due.add("recordings.delete", recording_id=str(recording.id))
    elif stop(recording, actor=actor):
        let_stop(recording)
    audit.record("recording.delete", recording, actor)


def adopt(recording: Recording, found: Stored, *, actor: Actor) -> None:
    """Keep a file whose egress LiveKit has forgotten: what was recorded is not lost."""
    if advances(recording.state, State.SAVED):
        recording.state, recording.problem, recording.reason = State.SAVED, "", ""
        recording.ended_at = recording.ended_at or found.written_at
        _keep(recording, found)
        _over(recording, actor, "egress_forgotten")


def _over(recording: Recording, actor: Actor, problem: str) -> None:
    """Write down how it ended; one that is to be deleted goes now."""
    audit.record(f"recording.{recording.state.value}", recording, actor, problem=problem)
    if recording.deleting_at is not None:
        due.add("recordings.delete", recording_id=str(recording.id))


def _target(egress: Egress, found: Stored | None) -> tuple[State, str]:
    state = STATES.get(egress.status, State.FAILED)
    if state is not State.SAVED:
        problems = {State.FAILED: "egress_failed", State.ABORTED: "egress_aborted"}
        return state, reasons.code_of(egress.error, problems[state]) if state in problems else ""
    if found is not None:
        return State.SAVED, "limit_reached" if egress.status == "limit_reached" else ""
    if egress.ended_at is not None and utcnow() - egress.ended_at > PATIENCE:
        return State.FAILED, "file_missing"
    return State.STOPPING, ""


def _reason(recording: Recording, said: str) -> str:
    return quoted(said, storage.storage().egress_path(recording.key))


def _end(recording: Recording, egress: Egress, found: Stored | None) -> None:
    recording.ended_at = egress.ended_at or utcnow()
    if egress.file is not None:
        recording.duration_ms, recording.size = egress.file.duration_ms, egress.file.size
    if recording.state is State.SAVED and found is not None:
        _keep(recording, found)


def _keep(recording: Recording, found: Stored) -> None:
    recording.size, recording.stored_at = found.size, found.written_at
    recording.expires_at = expires_at(recording.stored_at, recording.retention_days)


def remove_expired(recording: Recording, *, actor: Actor) -> bool:
    """Take an expired recording's file away; the row stays. False when somebody keeps it longer meanwhile.

    The row says that the file is gone before it goes: nobody can set a longer time for a file that is being removed.
    """
    still = sa.update(Recording).where(Recording.id == recording.id, Recording.expires_at == recording.expires_at)
    if not db.changed(still.values(removed_at=utcnow())):
        return False
    audit.record("recording.remove_expired", recording, actor)
    due.add("recordings.remove_file", recording_id=str(recording.id))
    return True
