"""Make LiveKit record what rows ask for, and rows say what LiveKit does: after commits, by hooks and by the sweep."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.due import IncompleteError
from webapp.livekit import egress
from webapp.livekit import rooms as live_rooms
from webapp.livekit.egress import Egress
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable, code_of
from webapp.recordings import naming, queries, reasons, service
from webapp.recordings.models import RUNNING_STATES, Recording
from webapp.recordings.states import ReportedBy, State
from webapp.recordings.storage import storage
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room

log = structlog.get_logger()

LOST_AFTER = timedelta(minutes=2)  # LiveKit needs 23 s to find out that no egress worker answers
UPLOADING = timedelta(minutes=30)  # without a change, after which nobody waits for the end of an upload
UNANSWERED = "stop_unanswered"  # LiveKit's worker did not answer a stop: the next time it is taken for dead
BATCH = 200
GIVE_UP = 5  # failures in a row after which LiveKit or the storage is taken for away


def nobody_inside(room: Room) -> bool:
    """There is nothing to record: neither our row nor LiveKit knows of anybody in the meeting. Commits.

    Our row may be a moment late. False where LiveKit cannot be asked: the start itself will say so.
    """
    if room.web_count or room.phone_count:
        return False
    db.session.commit()
    try:
        inside = live_rooms.list_participants(str(room.id))
    except LiveKitError:
        return False
    return not any(participant.is_web or participant.is_phone for participant in inside)


def begin(recording: Recording) -> None:
    """Ask LiveKit to record; commits. A refusal ends the recording, silence leaves it to hooks and the sweep."""
    path, upload = storage().egress_path(recording.key), storage().upload()
    _make_ready()
    try:
        started = egress.start(str(recording.room_id), path, audio_only=recording.mode.audio_only, upload=upload)
    except LiveKitUnavailable as error:
        # nobody knows whether it records: the row stays, and the sweep finds out by the file's name
        _note(recording, "no_worker" if error.code == "unavailable" else "no_answer")
    except LiveKitError as error:
        queries.lock(recording)
        service.fail(recording, _start_problem(error), ReportedBy.ANSWER, actor=Actor.livekit(), said=error.message)
        db.session.commit()
    else:
        take(recording, started, ReportedBy.ANSWER)


def _make_ready() -> None:
    """Make the folder; the worker tries its own way where we cannot."""
    try:
        storage().make_ready()
    except OSError as error:
        log.warning("recordings.folder_not_made", problem=error.strerror)


def end(recording: Recording) -> None:
    """Ask LiveKit to stop; commits. One that ended already, or that LiveKit forgot, is looked up instead.

    LiveKit lists what a dead worker recorded as it was, for ever, and answers each stop with a time-out: after the
    second one the recording is lost, and its room is free.
    """
    if recording.egress_id is None:
        return  # its start has not been answered: the sweep stops it as soon as it has a name
    try:
        take(recording, egress.stop(recording.egress_id), ReportedBy.ANSWER)
    except LiveKitUnavailable as error:
        if error.code == "deadline_exceeded" and recording.problem == UNANSWERED:
            _give_up(recording)
        else:
            _note(recording, UNANSWERED if error.code == "deadline_exceeded" else "no_answer")
    except LiveKitError as error:
        log.info("recording.stop_refused", code=error.code, recording=str(recording.id))
        look(recording)


def _give_up(recording: Recording) -> None:
    """Nobody answers for it; but what is being uploaded takes its time, and answers no stops either."""
    found = _find(recording)
    if found is None or found.status in egress.RECORDING:
        _lose(recording)
    else:
        take(recording, found, ReportedBy.CHECK)


def look(recording: Recording) -> bool:
    """Ask LiveKit how the recording stands and move it there; commits. Raises LiveKitUnavailable.

    True when it goes on although it shall stop: the wish has not reached LiveKit, or nobody answered it there.
    """
    found = _find(recording)
    if found is not None and not _stalled(found):
        take(recording, found, ReportedBy.CHECK)
        return to_be_stopped(recording, found)
    if recording.egress_id is not None:
        _lose(recording)
    elif utcnow() - recording.created_at > LOST_AFTER:
        queries.lock(recording)
        service.fail(recording, "no_worker", ReportedBy.CHECK, actor=Actor.system())
    else:
        recording.looked_at = utcnow()
    db.session.commit()
    return False


def to_be_stopped(recording: Recording, found: Egress) -> bool:
    """The recording shall stop, and the egress goes on."""
    return recording.state is State.STOPPING and found.status in egress.RECORDING


def _stalled(found: Egress) -> bool:
    return found.status == "ending" and found.updated_at is not None and utcnow() - found.updated_at > UPLOADING


def _lose(recording: Recording) -> None:
    """Nothing more will come of it: keep the file, if there is one, else say that it is lost; commits."""
    stored = _stored(recording)
    queries.lock(recording)
    if stored is not None and stored.size:
        service.adopt(recording, stored, ReportedBy.CHECK, actor=Actor.system())
    else:
        service.fail(recording, "egress_lost", ReportedBy.CHECK, actor=Actor.system())
    db.session.commit()


def take(recording: Recording, found: Egress, reported_by: ReportedBy) -> None:
    """Move the recording to where the egress is; commits."""
    stored = _stored(recording) if found.status in {"complete", "limit_reached"} else None
    if queries.lock(recording):
        service.apply(recording, found, stored, reported_by, actor=Actor.livekit())
    db.session.commit()


def sweep() -> int:
    """Look after every recording that is not over; returns how many. One that fails does not stop the next.

    After some failures in a row the rest waits for the next sweep: LiveKit or the storage is away. Raises
    IncompleteError at its end when one failed. Commits.
    """
    running = sa.select(Recording).where(Recording.state.in_(RUNNING_STATES))
    recordings = db.session.scalars(running.order_by(Recording.looked_at.nulls_first()).limit(BATCH)).all()
    db.session.commit()
    looked = _each(recordings, _look_and_stop)
    if not looked or not _each(_without_room(), _stop):
        raise IncompleteError
    return len(recordings)


def _each(recordings: Sequence[Recording], do: Callable[[Recording], None]) -> bool:
    """Do it with each; False when one failed."""
    failed = in_a_row = 0
    for recording in recordings:
        done = _try(do, recording)
        failed, in_a_row = (failed, 0) if done else (failed + 1, in_a_row + 1)
        if in_a_row >= GIVE_UP:
            break
    return not failed


def _look_and_stop(recording: Recording) -> None:
    if look(recording):
        end(recording)


def _without_room() -> list[Recording]:
    """What goes on although its room has ended: its worker should have seen that.

    The rooms are asked for after the recordings, which began in a room: one that is missing then has ended.
    """
    going = sa.select(Recording).where(
        Recording.state.in_([State.STARTING, State.ACTIVE]), Recording.egress_id.is_not(None)
    )
    recordings = db.session.scalars(going.order_by(Recording.id).limit(BATCH)).all()
    rooms = [str(recording.room_id) for recording in recordings]
    db.session.commit()
    live = {room.name for room in live_rooms.list_rooms(rooms)} if rooms else set()
    return [recording for recording, room in zip(recordings, rooms, strict=True) if room not in live]


def _stop(recording: Recording) -> None:
    if service.stop(recording, actor=Actor.system()):
        db.session.commit()
        end(recording)


def _try(do: Callable[[Recording], None], recording: Recording) -> bool:
    """Do it; one that fails is the last in turn next time, so that it keeps no others from theirs."""
    try:
        do(recording)
    except (LiveKitError, OSError) as error:
        db.session.rollback()
        log.warning("recording.not_looked_at", recording=str(recording.id), code=code_of(error))
        turn = sa.update(Recording).where(Recording.id == recording.id).values(looked_at=utcnow())
        db.session.execute(turn, execution_options={"synchronize_session": False})
        db.session.commit()
        return False
    return True


def recording_of(found: Egress) -> Recording | None:
    """The recording an egress makes: by its id, else by our id in its file's name."""
    known = db.session.scalar(sa.select(Recording).where(Recording.egress_id == found.egress_id))
    return known or (db.session.get(Recording, named) if (named := naming.id_in(found.filepath)) else None)


def _find(recording: Recording) -> Egress | None:
    if recording.egress_id:
        return egress.find(recording.egress_id)
    candidates = egress.list_of_room(str(recording.room_id))
    return next((candidate for candidate in candidates if naming.id_in(candidate.filepath) == recording.id), None)


def _stored(recording: Recording) -> Stored | None:
    db.session.commit()
    return storage().find(recording.key)


def _note(recording: Recording, problem: str) -> None:
    db.session.execute(sa.update(Recording).where(Recording.id == recording.id).values(problem=problem))
    db.session.commit()


def _start_problem(error: LiveKitError) -> str:
    if error.code == "not_found":
        return "room_not_live"
    return "no_egress" if error.without_redis else reasons.code_of(error.message, "refused")
