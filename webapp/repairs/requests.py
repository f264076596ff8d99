"""What a repair asks of LiveKit, each so that it may be done again: nothing is created, changed or deleted twice."""

import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

import sqlalchemy as sa

from webapp.core import due, leases
from webapp.core.db import db, utcnow
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.doctor.reading import Reading
from webapp.live import reconcile
from webapp.live.sweep import SWEEP_JOB
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.repairs import hiding
from webapp.rooms.models import Room
from webapp.rules import guard, observed, placing, problems, removals, wanted
from webapp.rules.placing import Pending
from webapp.rules.problems import Problem
from webapp.rules.wanted import Json


@dataclass(frozen=True)
class Follow:
    """LiveKit is made to follow a room: one rule as the room wants it, or none."""

    room_id: uuid.UUID


@dataclass(frozen=True)
class Heal:
    """A trunk gets its one guard as it should be."""

    trunk_id: str


@dataclass(frozen=True)
class Delete:
    """A rule goes."""

    rule_id: str


@dataclass(frozen=True)
class Replace:
    """A rule gets another content under the same id; `content` is LiveKit's whole object."""

    rule_id: str
    content: Json = field(compare=False, repr=False)


Request = Follow | Heal | Delete | Replace
REFUSING = {Kind.CONFLICT, Kind.SELF_CONFLICT, Kind.NO_KIND}  # LiveKit refuses every call on their trunk


def do(requests: Iterable[Request], reading: Reading) -> Problem:
    """Do the requests in order; one that fails keeps no other from being tried. Returns the first problem. Commits.

    `reading` is what they were planned from; what our rows have learnt since then counts more.
    """
    found = [_tried(request, reading) for request in requests]
    return next(filter(None, found), problems.NONE)


def _tried(request: Request, reading: Reading) -> Problem:
    try:
        problem = _do(request, reading)
    except (Pending, leases.Lost):
        problem = problems.BUSY
    except LiveKitError as error:
        problem = problems.failed(error)
    db.session.rollback()
    return problem


def wake(finding: Finding) -> None:
    """Rooms that waited for the end of a conflict get their rules now, not with the next sweep. Commits."""
    if finding.kind not in REFUSING:
        return
    waiting = sa.update(Room).where(problems.kept_out(Room.rule_problem), Room.deleted_at.is_(None))
    if finding.trunk_id:
        waiting = waiting.where(Room.trunk_id == finding.trunk_id)
    db.session.execute(waiting.values(reconcile_at=utcnow()))
    db.session.commit()
    due.run_soon(SWEEP_JOB)  # it looks at every room, for as many repairs as ask for it meanwhile


def _do(request: Request, reading: Reading) -> Problem:
    match request:
        case Follow(room_id):
            return _follow(room_id, reading)
        case Heal(trunk_id):
            return _heal(trunk_id, reading)
        case Delete(rule_id):
            removals.take_away(rule_id)
        case Replace(rule_id, content):
            return _replace(rule_id, content, reading)
    return problems.NONE


def _follow(room_id: uuid.UUID, reading: Reading) -> Problem:
    observed.observe(room_id, reading.of_room.get(room_id, []), reading.begun)
    room = db.session.get(Room, room_id)
    db.session.commit()
    if room is None:
        return problems.NONE
    if not reconcile.now(room):
        return problems.BUSY
    problem = Problem.parse(room.rule_problem)
    return problem if problem != problems.NO_TRUNK else problems.NONE


def _heal(trunk_id: str, reading: Reading) -> Problem:
    trunk = reading.trunk_by_id.get(trunk_id)
    needed = trunk_id in reading.hiding
    numbers = wanted.guard_numbers(trunk) if trunk else ()
    if not guard.heal(trunk_id, reading.guards.get(trunk_id, []), numbers=numbers, hiding=needed):
        return problems.BUSY
    row = guard.row_of(trunk_id)
    problem = Problem.parse(row.guard_problem) if needed or row.guard_rule_id else problems.NONE
    db.session.commit()
    was_narrow = any(rule.numbers for rule in reading.guards.get(trunk_id, []))
    if problem == problems.GUARD_NARROW and not was_narrow:  # a new one guards as far as it can
        return problems.NONE
    return problem


def _replace(rule_id: str, content: Json, reading: Reading) -> Problem:
    """A rule that is to hide numbers gets its guards first; where one of them is not whole it stays as it is.

    One that hides them already is mended beside a narrow guard too: nothing gets worse.
    """
    before = reading.rule_by_id.get(rule_id)
    begins = before is None or not before.hides_caller
    trunk_ids = sorted(set(content.get("trunk_ids") or ()))
    with ExitStack() as held:
        for trunk_id in trunk_ids:
            held.enter_context(placing.creating_on(trunk_id))
        for trunk_id in hiding.present(trunk_ids, reading) if content.get("hide_phone_number") else ():
            problem = guard.ensure(trunk_id)
            if problem and (begins or problem.is_guard_refused):
                return problem
        sip.replace_rule(rule_id, content)
    return problems.NONE
