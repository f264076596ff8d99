"""Rooms, their PINs, and who may enter them."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from webapp.rooms.models import AccessLevel, Role
from webapp.seed.bulk import Row
from webapp.seed.ids import id_at, moment
from webapp.seed.words import PLACES, TOPICS

LEVELS = (AccessLevel.RESTRICTED, AccessLevel.RESTRICTED, AccessLevel.TRUSTED, AccessLevel.PUBLIC)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the other tables need to know of a room; a hundred thousand of them fit into memory."""

    id: uuid.UUID
    owner_id: uuid.UUID
    created_at: datetime
    trunk_id: str
    pin: str | None


def sketches(
    random: Random, owners: Iterator[uuid.UUID], trunks: Sequence[str], fresh_pins: Iterator[str], now: datetime
) -> Iterator[Sketch]:
    """One room per owner named; nine of ten have a PIN, as long as there are fresh ones."""
    for owner in owners:
        created = moment(random, now, 700)
        pin = next(fresh_pins, None) if random.random() < 0.9 else None
        yield Sketch(id_at(created, random), owner, created, random.choice(trunks), pin)


def fresh_pins(random: Random, length: int, taken: set[str]) -> Iterator[str]:
    """PINs that nobody has on any trunk, until a quarter of all there are is taken."""
    while len(taken) < 10**length // 4:
        pin = str(random.randrange(10 ** (length - 1), 10**length))
        if pin not in taken:
            taken.add(pin)
            yield pin


def pin_row(room: Sketch) -> Row:
    """The room's claim on its PIN."""
    return {"trunk_id": room.trunk_id, "pin": room.pin, "room_id": room.id, "assigned_at": room.created_at}


def room_row(random: Random, room: Sketch, now: datetime) -> Row:
    """The room itself."""
    age = (now - room.created_at).total_seconds() / 86_400
    return {
        "id": room.id,
        "name": f"{random.choice(TOPICS)}, {random.choice(PLACES)}",
        "slug": _slug(random),
        "access_level": random.choice(LEVELS),
        "created_at": room.created_at,
        "created_by_id": room.owner_id,
        "last_used_at": moment(random, now, age),
        "phone_enabled": room.pin is not None,
        "trunk_id": room.trunk_id,
        "pin": room.pin,
    }


def _slug(random: Random) -> str:
    letters = "".join(random.choices(LETTERS, k=10))
    return f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"


def access_rows(random: Random, room: Sketch, people: Sequence[uuid.UUID], now: datetime) -> Iterator[Row]:
    """The owner, and up to four others."""
    age = (now - room.created_at).total_seconds() / 86_400
    yield _access(room, room.owner_id, Role.OWNER, room.created_at, random)
    for person in set(random.choices(people, k=random.randrange(5))) - {room.owner_id}:
        role = Role.ADMINISTRATOR if random.random() < 0.2 else Role.MEMBER
        yield _access(room, person, role, moment(random, now, age), random)


def _access(room: Sketch, person: uuid.UUID, role: Role, granted: datetime, random: Random) -> Row:
    return {
        "id": id_at(granted, random),
        "room_id": room.id,
        "user_id": person,
        "role": role,
        "granted_at": granted,
        "granted_by_id": room.owner_id,
    }
