"""What is read of a room to tell whether LiveKit agrees with it: few columns, because there are thousands of rooms."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.core.db import db, pieces
from webapp.rooms.models import AccessLevel, Room


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as the doctor sees it; the fields are those of the row."""

    id: uuid.UUID
    name: str
    slug: str
    access_level: AccessLevel
    deleted_at: datetime | None
    phone_enabled: bool
    hide_phone_number: bool
    trunk_id: str
    pin: str | None
    sip_dispatch_rule_id: str | None
    web_count: int
    live_since: datetime | None
    rule_changed_at: datetime | None
    rule_problem: str
    old_pin: str | None
    old_pin_until: datetime | None
    old_sip_dispatch_rule_id: str | None


COLUMNS = tuple(RoomFacts.__dataclass_fields__)


def rooms_with_rules(named: Iterable[uuid.UUID] = ()) -> dict[uuid.UUID, RoomFacts]:
    """Rooms that are live or believed to have a rule, and those named by rules, by id."""
    believed = sa.or_(
        Room.live_since.is_not(None),
        Room.sip_dispatch_rule_id.is_not(None),
        Room.old_sip_dispatch_rule_id.is_not(None),
    )
    found = _facts(believed)
    for wanted in pieces([room_id for room_id in named if room_id not in found]):
        found |= _facts(Room.id.in_(wanted))
    return found


def _facts(which: sa.ColumnElement[bool]) -> dict[uuid.UUID, RoomFacts]:
    columns = [getattr(Room, name) for name in COLUMNS]
    return {row.id: RoomFacts(*row) for row in db.session.execute(sa.select(*columns).where(which))}
