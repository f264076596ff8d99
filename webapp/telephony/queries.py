"""What is read of our side of trunks, rules and calls."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db, pieces, utcnow
from webapp.rooms.models import PhonePin, Room, Trunk
from webapp.telephony.facts import COLUMNS, RoomFacts
from webapp.telephony.models import Call


@dataclass(frozen=True)
class Fill:
    """How many PINs of a trunk are taken: by rooms, and by quarantine."""

    used: int = 0
    quarantined: int = 0


def trunk_rows() -> dict[str, Trunk]:
    """Every trunk we know, gone ones too, by LiveKit's id."""
    return {row.sip_trunk_id: row for row in db.session.scalars(sa.select(Trunk))}


def trunk_row(trunk_id: str) -> Trunk | None:
    """One trunk of ours; held until the commit where the request may change it."""
    return db.session.get(Trunk, trunk_id)


def pin_fill(trunk_id: str = "") -> dict[str, Fill]:
    """The fill of one trunk, or of all."""
    quarantined = sa.func.count(PhonePin.blocked_until)
    counted = sa.select(PhonePin.trunk_id, sa.func.count() - quarantined, quarantined).group_by(PhonePin.trunk_id)
    if trunk_id:
        counted = counted.where(PhonePin.trunk_id == trunk_id)
    return {trunk: Fill(used, blocked) for trunk, used, blocked in db.session.execute(counted)}


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


def rooms_on(trunk_id: str, limit: int) -> Sequence[Room]:
    """The rooms of a trunk that were used last."""
    on_trunk = sa.select(Room).where(Room.trunk_id == trunk_id, Room.deleted_at.is_(None))
    return db.session.scalars(on_trunk.order_by(Room.last_used_at.desc(), Room.id.desc()).limit(limit)).all()


def room_count(trunk_id: str) -> int:
    """How many rooms have their PIN on the trunk."""
    counted = sa.select(sa.func.count()).where(Room.trunk_id == trunk_id, Room.deleted_at.is_(None))
    return db.session.scalar(counted) or 0


def calls_over(trunk_id: str, span: timedelta) -> int:
    """How many calls came over the trunk within the last `span`."""
    counted = sa.select(sa.func.count()).where(Call.came_at > utcnow() - span, Call.trunk_id == trunk_id)
    return db.session.scalar(counted) or 0


def pin_holder(trunk_id: str, pin: str) -> tuple[Room, bool] | None:
    """The room that has this PIN on the trunk, and whether the PIN is one it had before; None for nobody's."""
    held = sa.select(Room, PhonePin.blocked_until).join(PhonePin, PhonePin.room_id == Room.id)
    row = db.session.execute(held.where(PhonePin.trunk_id == trunk_id, PhonePin.pin == pin)).one_or_none()
    return None if row is None or row[0].deleted_at else (row[0], row[1] is not None)
