"""The worst that the doctor found of each room, as rows: a list of rooms is ordered by it and asks LiveKit nothing."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, pieces
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import ORDER, Kind
from webapp.doctor.models import RoomFinding
from webapp.doctor.reading import Reading

OnTrunk = dict[str, list[uuid.UUID]]


def worst(reading: Reading) -> dict[uuid.UUID, Kind]:
    """Of each room that something is wrong with, what is worst: with its rules, or with the trunk its calls come by."""
    trunks = {room.id: room.trunk_id for room in reading.rooms.values() if room.deleted_at is None}
    on_trunk: OnTrunk = {}
    for room_id, trunk_id in trunks.items():
        on_trunk.setdefault(trunk_id, []).append(room_id)
    on_trunk[""] = list(trunks)  # in an outage: every trunk
    found: dict[uuid.UUID, Kind] = {}
    for finding in reading.findings:  # worst first
        for room_id in _rooms(finding, reading, on_trunk):
            if room_id in trunks:
                found.setdefault(room_id, finding.kind)
    return found


def _rooms(finding: Finding, reading: Reading, on_trunk: OnTrunk) -> Iterator[uuid.UUID]:
    """Whom it concerns: its own room, those of its rules, in an outage all on the trunk, which are said but once."""
    if finding.room:
        yield finding.room.id
    for rule in finding.rules:
        if room := reading.room_of(rule):
            yield room.id
    for trunk_id in finding.on:
        yield from on_trunk.pop(trunk_id, ())


def keep(found: Mapping[uuid.UUID, Kind]) -> None:
    """Let the rows say what was found; those that say so already are left alone."""
    columns = (RoomFinding.room_id, RoomFinding.kind, RoomFinding.place)
    stored = {row.room_id: row._asdict() for row in db.session.execute(sa.select(*columns))}
    rows = {
        room_id: {"room_id": room_id, "kind": kind.value, "place": ORDER[kind]}
        for room_id, kind in sorted(found.items())
    }
    for piece in pieces(sorted(stored.keys() - rows.keys())):
        db.session.execute(sa.delete(RoomFinding).where(RoomFinding.room_id.in_(piece)))
    if changed := [row for room_id, row in rows.items() if room_id in stored and row != stored[room_id]]:
        db.session.execute(sa.update(RoomFinding), changed)
    _add([row for room_id, row in rows.items() if room_id not in stored])


def _add(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    try:
        with db.collision_safe():
            db.session.execute(sa.insert(RoomFinding), rows)
    except IntegrityError:
        pass  # another process was first, or a room is gone: the next reading says it again
