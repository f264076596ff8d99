"""Take a verified hook in: store it once, say what it is, and leave the work to processing."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.dialects import postgresql, sqlite

from webapp.calls import pseudonyms
from webapp.core import names
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.deliveries.redaction import Body, mapping, redact
from webapp.hooks.handlers import HANDLERS
from webapp.rooms.models import Room
from webapp.rules.wanted import as_room_id, is_guard_room

RECEIVED = Counter("frontdesk_hooks_total", "Hooks received, by event and what became of them", ["event", "result"])


def take(event: Mapping[str, Any], raw: bytes) -> tuple[Delivery, bool]:
    """Store the event, or count a repeat; returns the delivery and whether it is new. Commits.

    An event without an id (none of LiveKit's) is known by its body's digest.
    """
    event_id = _text(event.get("id"))[:128] or "sha256:" + hashlib.sha256(raw).hexdigest()
    name = room_name(event)
    known = str(event.get("event", "")) in HANDLERS
    room_id = _room_id(name)
    delivery = Delivery(
        event_id=event_id,
        event=_text(event.get("event"))[:64],
        room_id=room_id,
        body=_body(event) if room_id else redact(event),
        created_at=_created_at(event),
    )
    delivery.result = _first_result(delivery, known, name)
    if not _inserted(delivery):
        delivery = _repeated(event_id)
        db.session.commit()
        RECEIVED.labels(delivery.event if known else "other", "duplicate").inc()
        return delivery, False
    db.session.commit()
    RECEIVED.labels(delivery.event if known else "other", delivery.result.value).inc()
    return delivery, True


def _body(event: Mapping[str, Any]) -> Body:
    """The event without what tells who somebody is; a caller is known again by a pseudonym, made before that goes."""
    body, participant = redact(event), mapping(event.get("participant"))
    if participant.get("kind") == "SIP":
        attributes = mapping(participant.get("attributes"))
        body["participant"] |= pseudonyms.known_by(
            _text(participant.get("identity")), _text(participant.get("name")), attributes
        )
    return body


def _inserted(delivery: Delivery) -> bool:
    """Store it in one statement, which a repeat leaves undone; a savepoint would cost two more."""
    make = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    values = {column: value for column, value in vars(delivery).items() if not column.startswith("_")}
    stored = make(Delivery).values(**values).on_conflict_do_nothing(index_elements=["event_id"])
    return db.session.scalar(stored.returning(Delivery.id)) is not None


def room_name(event: Mapping[str, Any]) -> str:
    """The LiveKit room an event is about, or an empty text."""
    room, egress = mapping(event.get("room")), mapping(event.get("egressInfo"))
    return str(room.get("name") or egress.get("roomName") or "")


def _room_id(name: str) -> uuid.UUID | None:
    """Our room of that name."""
    room_id = as_room_id(name)
    return db.session.scalar(sa.select(Room.id).where(Room.id == room_id)) if room_id else None


def _created_at(event: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromtimestamp(int(event.get("createdAt", 0)), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return utcnow()


def _first_result(delivery: Delivery, known: bool, name: str) -> Result:
    foreign = delivery.room_id is None and not is_guard_room(name)
    if foreign:
        delivery.body = {}  # what others do on a shared LiveKit is not ours to keep
    if not known:
        return Result.UNKNOWN_EVENT
    if foreign:
        return Result.FOREIGN_ROOM
    if HANDLERS[delivery.event]:
        return Result.STORED
    delivery.received_at = delivery.processed_at = utcnow()  # nothing is to be done
    return Result.PROCESSED


def _text(value: object) -> str:
    """What is signed may still be odd."""
    return names.printable(str(value or ""))


def _repeated(event_id: str) -> Delivery:
    """Count the repeat on the first delivery."""
    counted = sa.update(Delivery).where(Delivery.event_id == event_id)
    db.session.execute(counted.values(repeats=Delivery.repeats + 1))
    return db.session.scalars(sa.select(Delivery).where(Delivery.event_id == event_id)).one()
