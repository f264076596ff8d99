"""What changes recordings: begun by a person, moved by what LiveKit says, kept or deleted by owners."""

from datetime import datetime, timedelta

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
from webapp.recordings import announcing, deletions, legal_hold, naming, reasons, states, storage
from webapp.recordings.models import Recording, Transition
from webapp.recordings.modes import Mode
from webapp.recordings.retention import expires_at
from webapp.recordings.states import ReportedBy, State, Trigger
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room

log = structlog.get_logger()

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
        key=naming.key_of(recording_id, mode),
        started_by_id=actor.user_id,
        retention_days=settings.retention_days or settings.retention_max_days or None,
    )
    try:
        with db.collision_safe():
            db.session.add(recording)
    except IntegrityError as clash:
        raise AlreadyRunning from clash
    _remember(recording, None, ReportedBy.PERSON, actor)
    audit.record("recording.start", recording, actor, mode=mode.value)
    return recording


def move(
    recording: Recording,
    trigger: Trigger,
    reported_by: ReportedBy,
    *,
    actor: Actor,
    problem: str | None = None,
    reason: str | None = None,
) -> bool:
    """Move the recording where the trigger leads from its state, and keep who reported it; the only way to do so.

    False where it leads nowhere, or where somebody else moved the recording since it was read. `problem` is a code and
    `reason` the words it comes from; None leaves what is there.
    """
    before, then = recording.state, states.after(recording.state, trigger)
    if then is None:
        return False
    known = {"problem": problem, "reason": reason}
    values = {"state": then} | {name: value for name, value in known.items() if value is not None}
    still = sa.update(Recording).where(Recording.id == recording.id, Recording.state == before)
    if not db.changed(still.values(values)):
        return False
    _remember(recording, before, reported_by, actor)
    return True


def _remember(recording: Recording, before: State | None, reported_by: ReportedBy, actor: Actor) -> None:
    transition = Transition(
        recording_id=recording.id,
        from_state=before,
        to_state=recording.state,
        reported_by=reported_by,
        user_id=actor.user_id,
        problem=recording.problem,
    )
    db.session.add(transition)


def stop(recording: Recording, *, actor: Actor) -> bool:
    """Record the wish to stop; False when it is over or stopping already. LiveKit is asked after the commit."""
    wished_by = ReportedBy.PERSON if actor.user_id else ReportedBy.CHECK
    if not move(recording, Trigger.STOP, wished_by, actor=actor):
        return False
    audit.record("recording.stop", recording, actor)
    return True


def let_stop(recording: Recording) -> None:
    """Let LiveKit be asked for the stop as soon as this is committed, without anybody waiting for its answer."""
    due.add("recordings.stop", recording_id=str(recording.id))


def apply(
    recording: Recording, egress: Egress, stored: Stored | None, reported_by: ReportedBy, *, actor: Actor
) -> bool:
    """Move the recording to where LiveKit's egress is; True when its state changed.

    `stored` is what the storage holds under the recording's key: a finished egress whose file is not there (yet) keeps
    the recording in "stopping" until PATIENCE is over. What else the egress tells is learnt in any case: the storage
    may have reported the file before.
    """
    recording.egress_id = recording.egress_id or egress.egress_id
    recording.looked_at = utcnow()
    trigger, problem = _trigger(egress, stored)
    if egress.status == "ending":
        recording.problem = ""  # of a stop that had not arrived
    reason = _reason(recording, egress.error)
    moved = move(recording, trigger, reported_by, actor=actor, problem=problem, reason=reason) if trigger else False
    _learn(recording, egress)
    if moved and recording.state.terminal:
        _end(recording, stored, actor)
    return moved


def fail(recording: Recording, problem: str, reported_by: ReportedBy, *, actor: Actor, said: str = "") -> None:
    """Give up on a recording of which nothing more will come; the room is free again.

    `said` is what LiveKit said of it, if anything.
    """
    reason = _reason(recording, said) or None
    if move(recording, Trigger.FAILED, reported_by, actor=actor, problem=problem, reason=reason):
        _end(recording, None, actor)


def adopt(recording: Recording, stored: Stored, reported_by: ReportedBy, *, actor: Actor) -> bool:
    """Keep the file that is there, whatever became of the egress; True when it was not kept before."""
    if not move(recording, Trigger.STORED, reported_by, actor=actor, problem="", reason=""):
        return False
    _end(recording, stored, actor)
    return True


def miss(recording: Recording, reported_by: ReportedBy, *, actor: Actor) -> bool:
    """Say that a saved recording's file is gone before its time; True when it was not said before."""
    if not move(recording, Trigger.VANISHED, reported_by, actor=actor):
        return False
    audit.record("recording.gone", recording, actor)
    return True


def set_retention(recording: Recording, days: int | None, *, actor: Actor) -> None:
    """Keep the recording for so many days from the time its object was written, or (None) for ever.

    Raises AlreadyRemoved; the recording is locked. While a legal hold keeps it, it has no end.
    """
    if recording.removed_at is not None:
        raise AlreadyRemoved
    before = recording.retention_days
    recording.version += 1
    recording.retention_days = days
    _let_expire(recording)
    announcing.replan(recording)
    audit.record("recording.set_retention", recording, actor, before=before or "permanent", after=days or "permanent")


def ask_delete(recording: Recording, *, actor: Actor, at: datetime | None = None) -> None:
    """Record that the recording is to go: it is refused from now on, the object goes first, then the row.

    Both wait until this can't be undone any more; what is deleted together has one moment, `at`. One that is not over
    is stopped, and goes when it is: until then it still says that its room is being recorded. Raises OnHold.
    """
    if recording.held_at is not None:
        raise legal_hold.OnHold
    recording.deleting_at = recording.deleting_at or at or utcnow()
    if recording.state.terminal:
        deletions.let_go(recording)
    elif stop(recording, actor=actor):
        let_stop(recording)
    audit.record("recording.delete", recording, actor)


def _trigger(egress: Egress, stored: Stored | None) -> tuple[Trigger | None, str]:
    """What the egress tells, and the code of its problem."""
    match egress.status:
        case "active":
            return Trigger.BEGAN, ""
        case "ending":
            return Trigger.ENDING, ""
        case "failed":
            return Trigger.FAILED, reasons.code_of(egress.error, "egress_failed")
        case "aborted":
            return Trigger.ABORTED, reasons.code_of(egress.error, "egress_aborted")
        case "complete" | "limit_reached" if stored is not None:
            return Trigger.STORED, _limit(egress)
        case "complete" | "limit_reached":
            late = egress.ended_at is not None and utcnow() - egress.ended_at > PATIENCE
            return (Trigger.FAILED, "file_missing") if late else (Trigger.ENDING, "")
        case _:
            return None, ""


def _limit(egress: Egress) -> str:
    return "limit_reached" if egress.status == "limit_reached" else ""


def _learn(recording: Recording, egress: Egress) -> None:
    """Take from the egress what is not known yet, also where its file was there before it said so."""
    recording.started_at = recording.started_at or egress.started_at
    if recording.state.terminal:
        recording.ended_at = egress.ended_at or recording.ended_at
        recording.problem = recording.problem or _limit(egress)
        if egress.file is not None:
            recording.duration_ms = recording.duration_ms or egress.file.duration_ms
            recording.size = recording.size or egress.file.size


def _end(recording: Recording, stored: Stored | None, actor: Actor) -> None:
    """Write down how it ended, with the file that is kept; one that is to be deleted goes."""
    if stored is not None and recording.state is State.SAVED:
        recording.size, recording.stored_at = stored.size, stored.written_at
        _let_expire(recording)
        announcing.saved(recording)
    written_at = stored.written_at if stored is not None else utcnow()
    recording.ended_at = recording.ended_at or written_at
    audit.record(f"recording.{recording.state.value}", recording, actor, problem=recording.problem)
    if recording.deleting_at is not None:
        deletions.let_go(recording)


def _let_expire(recording: Recording) -> None:
    """Count its end from when its file was written, and let the storage be told its class."""
    held = recording.held_at is not None
    recording.expires_at = None if held else expires_at(recording.stored_at, recording.retention_days)
    legal_hold.let_tag(recording)


def _reason(recording: Recording, said: str) -> str:
    return quoted(said, storage.storage().egress_path(recording.key))


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
