"""What is read of our side of trunks, rules and calls."""

from collections.abc import Sequence

import sqlalchemy as sa

from webapp.core.db import db
from webapp.rooms.models import Room


def rooms_on(trunk_id: str, limit: int) -> Sequence[Room]:
    """The rooms of a trunk that were used last."""
    on_trunk = sa.select(Room).where(Room.trunk_id == trunk_id, Room.deleted_at.is_(None))
    return db.session.scalars(on_trunk.order_by(Room.last_used_at.desc(), Room.id.desc()).limit(limit)).all()


def room_count(trunk_id: str) -> int:
    """How many rooms have their PIN on the trunk."""
    counted = sa.select(sa.func.count()).where(Room.trunk_id == trunk_id, Room.deleted_at.is_(None))
    return db.session.scalar(counted) or 0
