"""What happened in the rooms: guests who asked, recordings, calls, and the trail of deeds."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from webapp.audit.models import ActorKind
from webapp.calls.models import Hold, Outcome
from webapp.lobby.models import Status
from webapp.recordings import naming
from webapp.recordings.modes import Mode
from webapp.recordings.states import ReportedBy, State
from webapp.seed.bulk import Row
from webapp.seed.ids import id_at, moment
from webapp.seed.rooms import Sketch
from webapp.seed.words import FIRST, LAST, REASONS

DECIDED = (Status.ACCEPTED, Status.ACCEPTED, Status.ACCEPTED, Status.DENIED, Status.LEFT, Status.EXPIRED)
CALLERS = 400
OFFICE = range(6, 20)
HOLDS = (*(Hold.FREE,) * 6, *(Hold.ADMITTED,) * 4, Hold.DENIED, Hold.HELD)
RETENTIONS = (None, 30, 90, 365)
PROBLEMS = {State.FAILED: "egress_failed", State.ABORTED: "egress_aborted"}


def since(random: Random, room: Sketch, now: datetime) -> datetime:
    """A time in the room's life."""
    return moment(random, now, (now - room.created_at).total_seconds() / 86_400)


def entry_row(random: Random, room: Sketch, now: datetime) -> Row:
    """A guest of the past: somebody waiting now would be swept away within the minute."""
    asked = since(random, room, now)
    status = random.choice(DECIDED)
    decided = asked + timedelta(seconds=random.randrange(3, 200))
    by_host = status in {Status.ACCEPTED, Status.DENIED}
    return {
        "id": id_at(asked, random),
        "room_id": room.id,
        "bearer_hash": f"{random.getrandbits(256):064x}",
        "identity": f"guest-{random.getrandbits(64):016x}",
        "name": f"{random.choice(FIRST)} {random.choice(LAST)}",
        "status": status,
        "asked_at": asked,
        "polled_at": decided,
        "decided_at": decided,
        "decided_by_id": room.owner_id if by_host else None,
    }


def recording_row(random: Random, room: Sketch, now: datetime) -> Row:
    """A recording that ended, in all the ways recordings end."""
    started = since(random, room, now)
    seconds = random.randrange(60, 7_200)
    row: Row = {
        "id": id_at(started, random),
        "room_id": room.id,
        "mode": random.choice((Mode.VIDEO, Mode.VIDEO, Mode.AUDIO)),
        "egress_id": f"EG_seed{random.getrandbits(64):016x}",
        "started_by_id": room.owner_id,
        "created_at": started,
        "started_at": started,
        "ended_at": started + timedelta(seconds=seconds),
        "compared_at": now,
    }
    row["key"] = naming.key_of(row["id"], row["mode"])
    return row | (_saved(random, row, seconds) if random.random() < 0.9 else _unsaved(random))


def transition_rows(random: Random, recording: Row) -> Iterator[Row]:
    """What the recording went through."""
    by_owner = {"reported_by": ReportedBy.PERSON, "user_id": recording["started_by_id"]}
    by_livekit = {"reported_by": ReportedBy.WEBHOOK, "user_id": None}
    began, ended = recording["started_at"], recording["ended_at"]
    moves = [
        (None, State.STARTING, began, by_owner),
        (State.STARTING, State.ACTIVE, began + timedelta(seconds=3), by_livekit),
        (State.ACTIVE, State.STOPPING, ended, by_owner),
        (State.STOPPING, recording["state"], ended + timedelta(seconds=20), by_livekit),
    ]
    for before, then, at, source in moves:
        yield {
            "id": id_at(at, random),
            "recording_id": recording["id"],
            "at": at,
            "from_state": before,
            "to_state": then,
            "problem": recording.get("problem", "") if then is recording["state"] else "",
            **source,
        }


def _saved(random: Random, row: Row, seconds: int) -> Row:
    days = random.choice(RETENTIONS)
    return {
        "state": State.SAVED,
        "duration_ms": seconds * 1000,
        "size": seconds * random.randrange(60_000, 250_000),
        "stored_at": row["ended_at"],
        "retention_days": days,
        "expires_at": None if days is None else row["ended_at"] + timedelta(days=days),
    }


def _unsaved(random: Random) -> Row:
    state = random.choice((State.FAILED, State.ABORTED))
    return {"state": state, "problem": PROBLEMS[state]}


def call_row(random: Random, room: Sketch, now: datetime) -> Row:
    """A caller's visit, in all the ways visits go."""
    came = _called(random, room, now)
    left = came + timedelta(seconds=random.randrange(20, 4_000))
    caller = random.randrange(CALLERS)
    return {
        "id": id_at(came, random),
        "sip_call_id": f"SCL_seed{random.getrandbits(64):016x}",
        "room_id": room.id,
        "trunk_id": room.trunk_id,
        "came_at": came,
        "left_at": min(left, now),
        "outcome": Outcome.ENDED,
        "end_reason": "client_initiated",
        "caller": f"{Random(caller).getrandbits(64):016x}",
        "ending": f"{caller % 100:02}",
        **_waited(random, room, came),
    }


def _called(random: Random, room: Sketch, now: datetime) -> datetime:
    """Some time in the room's life; every third call, if by day, within the last one, so that charts have bars."""
    lately = max(moment(random, now, 1), room.created_at)
    return lately if random.random() < 0.33 and lately.hour in OFFICE else since(random, room, now)


def _waited(random: Random, room: Sketch, came: datetime) -> Row:
    hold = random.choice(HOLDS)
    decided = came + timedelta(seconds=random.randrange(2, 20))
    by_host = hold in {Hold.ADMITTED, Hold.DENIED}
    return {
        "hold": hold,
        "held_at": None if hold is Hold.FREE else came,
        "decided_at": decided if by_host else None,
        "decided_by_id": room.owner_id if by_host else None,
    }


def audit_rows(random: Random, room: Sketch, now: datetime) -> Iterator[Row]:
    """The room's trail: made, and at times given a new PIN."""
    yield _deed(room, "room.create", room.created_at)
    if room.pin is not None and random.random() < 0.3:
        yield _deed(room, "room.rotate_pin", since(random, room, now)) | {"reason": random.choice(REASONS)}


def _deed(room: Sketch, action: str, when: datetime) -> Row:
    return {
        "at": when,
        "actor": ActorKind.USER,
        "user_id": room.owner_id,
        "action": action,
        "target_kind": "room",
        "target_id": str(room.id),
        "room_id": room.id,
    }
