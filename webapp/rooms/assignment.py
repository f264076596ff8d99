"""Which trunk a room's PIN lives on: the open one with the fewest rooms."""

import sqlalchemy as sa

from webapp.core.db import db
from webapp.rooms.models import TAKES_ROOMS, TrunkRow


def join_emptiest() -> str:
    """Count one more room on the open trunk that has fewest; returns its id, or "" when no trunk is open.

    One room after the other: PostgreSQL keeps to the row that it chose, however many rooms it was given while its
    lock was waited for ("Read Committed Isolation Level").
    """
    db.hold("trunks")
    chosen = sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == _emptiest().with_for_update().scalar_subquery())
    counted = chosen.values(room_count=TrunkRow.room_count + 1).returning(TrunkRow.sip_trunk_id)
    return db.session.scalar(counted.execution_options(synchronize_session=False)) or ""


def emptiest(besides: str) -> str:
    """The open trunk with fewest rooms, besides one; "" when there is none."""
    return db.session.scalar(_emptiest().where(TrunkRow.sip_trunk_id != besides)) or ""


def _emptiest() -> sa.Select[str]:
    opened = sa.select(TrunkRow.sip_trunk_id).where(TAKES_ROOMS)
    return opened.order_by(TrunkRow.room_count, TrunkRow.sip_trunk_id).limit(1)


def join(trunk_id: str) -> None:
    """Count one more room on a trunk."""
    _count(trunk_id, 1)


def leave(trunk_id: str) -> None:
    """Count one room less on a trunk."""
    _count(trunk_id, -1)


def _count(trunk_id: str, by: int) -> None:
    counted = sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == trunk_id).values(room_count=TrunkRow.room_count + by)
    db.session.execute(counted.execution_options(synchronize_session=False))
