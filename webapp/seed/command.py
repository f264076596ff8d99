"""`flask seed`: fill a database fast."""

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, cycle, islice, repeat
from random import Random

import click
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.lobby.models import Entry
from webapp.recordings.models import Recording, Transition
from webapp.rooms.models import Access, PhonePin, Room, TrunkRow
from webapp.seed import events, people, rooms
from webapp.seed.bulk import load

ROOMS_PER_OWNER = 20
TRUNKS = 4


class Refused(Exception):
    """The database holds real data, or is not empty enough; the message says what to do."""


def fill(connection: Connection, count: int, many: int, email: str, random: Random) -> int:
    """Add `count` rooms, `many` of them to the person with that address; returns how many rows all that took."""
    now = utcnow()
    crowd = _crowd(connection, max(count // ROOMS_PER_OWNER, 2), random, now)
    owners: Iterator[uuid.UUID] = islice(cycle(crowd), count - many)
    if many:
        owners = chain(owners, repeat(_owner_of_many(connection, email, random, now), many))
    trunks = _trunks(connection, now)
    taken = set(connection.scalars(sa.select(PhonePin.pin)))
    fresh = rooms.fresh_pins(random, settings.pin_length, taken)
    made = list(rooms.sketches(random, owners, trunks, fresh, now))
    return len(crowd) + _load_rooms(connection, made, crowd, random, now) + _load_events(connection, made, random, now)


def _crowd(connection: Connection, size: int, random: Random, now: datetime) -> list[uuid.UUID]:
    first = connection.scalar(sa.select(sa.func.count()).where(User.sub.startswith("seed|"))) or 0
    crowd = [people.person(random, number, now) for number in range(first, first + size)]
    load(connection, User, crowd)
    return [person["id"] for person in crowd]


def _owner_of_many(connection: Connection, email: str, random: Random, now: datetime) -> uuid.UUID:
    known: uuid.UUID | None = connection.scalar(sa.select(User.id).where(User.email == email.lower()))
    if known is not None:
        return known
    person = people.pending(email, now, random)
    load(connection, User, [person])
    owner: uuid.UUID = person["id"]
    return owner


def _trunks(connection: Connection, now: datetime) -> Sequence[str]:
    known = list(connection.scalars(sa.select(TrunkRow.sip_trunk_id).where(TrunkRow.gone_at.is_(None))))
    if known:
        return known
    made = [f"ST_seed{number}" for number in range(TRUNKS)]
    names = ({"sip_trunk_id": trunk, "name": f"Seeded trunk {trunk[-1]}", "seen_at": now} for trunk in made)
    load(connection, TrunkRow, names)
    return made


def _load_rooms(
    connection: Connection, made: list[rooms.Sketch], crowd: list[uuid.UUID], random: Random, now: datetime
) -> int:
    """Rooms, and what makes them a room; PINs first, rooms refer to them."""
    rows = load(connection, PhonePin, (rooms.pin_row(room) for room in made if room.pin is not None))
    rows += load(connection, Room, (rooms.room_row(random, room, now) for room in made))
    rows += load(connection, Access, chain.from_iterable(rooms.access_rows(random, room, crowd, now) for room in made))
    in_use = sa.select(sa.func.count()).where(Room.trunk_id == TrunkRow.sip_trunk_id).scalar_subquery()
    connection.execute(sa.update(TrunkRow).values(room_count=in_use))
    return rows


def _load_events(connection: Connection, made: list[rooms.Sketch], random: Random, now: datetime) -> int:
    """What happened: some rooms saw guests, recordings and callers, each room has its trail."""

    def some(share: float) -> Iterator[rooms.Sketch]:
        return (room for room in made if random.random() < share)

    rows = load(connection, Entry, (events.entry_row(random, room, now) for room in some(0.6)))
    recordings = [events.recording_row(random, room, now) for room in some(0.2)]
    rows += load(connection, Recording, iter(recordings))
    moves = chain.from_iterable(events.transition_rows(random, recording) for recording in recordings)
    rows += load(connection, Transition, moves)
    rows += load(connection, Call, (events.call_row(random, room, now) for room in some(0.3)))
    return rows + load(
        connection, AuditEntry, chain.from_iterable(events.audit_rows(random, room, now) for room in made)
    )


def refuse_real_data(connection: Connection) -> None:
    """Raise Refused on a production installation that people already use."""
    if settings.environment != "production":
        return
    real = sa.or_(User.sub.is_(None), User.sub.not_like("seed|%"))
    if connection.scalar(sa.select(sa.exists().where(real))):
        raise Refused(
            "This is a production database with real people in it. To fill it all the same: --among-real-data"
        )


@click.command("seed")
@click.option("--rooms", "count", type=click.IntRange(min=1), required=True, help="How many rooms to add.")
@click.option("--owner-of-many", "many", type=click.IntRange(min=0), default=0, help="Of them, rooms of one person.")
@click.option("--email", default="owner-of-many@seeded.example", help="That person's address; may sign in later.")
@click.option("--random-seed", type=int, default=1, help="The same number makes the same data.")
@click.option("--among-real-data", is_flag=True, help="Fill a production database that is in use.")
def seed(count: int, many: int, email: str, random_seed: int, among_real_data: bool) -> None:
    """Fill the database with believable rooms, people and events, fast."""
    if many > count:
        raise click.BadParameter("is more than --rooms", param_hint="--owner-of-many")
    started = time.monotonic()
    with db.at_length() as connection:
        try:
            if not among_real_data:
                refuse_real_data(connection)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
        random = Random(f"{random_seed} {connection.scalar(sa.select(sa.func.count(Room.id)))}")
        rows = fill(connection, count, many, email, random)
    _analyse()
    click.echo(f"{count} rooms, {rows} rows in all, in {time.monotonic() - started:.1f} s")


def _analyse() -> None:
    """Let the database count what came, or it plans for empty tables."""
    with db.at_length() as connection:
        connection.execute(sa.text("ANALYZE"))


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(seed)
