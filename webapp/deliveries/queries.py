"""What the hooks page reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from webapp.core.db import db, utcnow
from webapp.deliveries.models import UNHANDLED, Delivery, Result
from webapp.rooms.models import Room

ROWS = 50


@dataclass(frozen=True)
class Lag:
    """How long the latest deliveries took from arrival to the end of processing."""

    count: int
    typical: timedelta  # the median
    slow: timedelta  # one in twenty takes longer


def page(args: Mapping[str, str]) -> dict[str, object]:
    """A page of deliveries, newest first, by key; filters: result, event."""
    chosen = args.get("result", "")
    deliveries = sa.select(Delivery, Room.slug).outerjoin(Room, Room.id == Delivery.room_id)
    if chosen in {result.value for result in Result}:
        deliveries = deliveries.where(Delivery.result == Result(chosen))
    event = args.get("event", "")
    if event:
        deliveries = deliveries.where(Delivery.event == event)
    before = _key(args.get("before", ""))
    if before is not None:
        deliveries = deliveries.where(Delivery.id < before)
    rows = db.session.execute(deliveries.order_by(Delivery.id.desc()).limit(ROWS + 1)).all()
    return {
        "rows": rows[:ROWS],
        "older": rows[ROWS - 1][0].id if len(rows) > ROWS else None,
        "newest": before is None,
        "chosen": chosen,
        "event": event,
        "results": list(Result),
        "lag": lag(1000, timedelta(hours=1)),
        "unhandled": unhandled(),
    }


def for_change(delivery_id: int) -> Delivery | None:
    """One delivery; its row is locked until the commit."""
    return db.session.scalar(sa.select(Delivery).where(Delivery.id == delivery_id).with_for_update())


def _key(text: str) -> int | None:
    """The key of a delivery; None for what is no number, or none that a database could hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def lag(newest: int, within: timedelta | None = None) -> Lag | None:
    """The lag of so many deliveries, the newest, or those of them that came within a time; None when there are none."""
    done = sa.select(Delivery.received_at, Delivery.processed_at).where(Delivery.processed_at.is_not(None))
    if within is not None:
        done = done.where(Delivery.received_at > utcnow() - within)
    rows = db.session.execute(done.order_by(Delivery.id.desc()).limit(newest)).all()
    took = sorted(max(done - received, timedelta()) for received, done in rows if done)  # clocks of machines differ
    return Lag(len(took), took[len(took) // 2], took[len(took) * 19 // 20]) if took else None


def unhandled() -> int:
    """How many deliveries wait or failed."""
    waiting = sa.select(sa.func.count()).where(Delivery.result.in_(UNHANDLED))
    return db.session.scalar(waiting) or 0


def nothing_to_replay() -> str:
    """Why a delivery that was never ours cannot be replayed."""
    return str(_("This webhook wasn't about a Frontdesk room, so there is nothing to replay."))
