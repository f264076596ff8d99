"""The data under measurement, and the people whose browsers and LiveKits send requests."""

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from flask import Flask, session
from itsdangerous import URLSafeTimedSerializer
from livekit.api import AccessToken

from webapp.accounts import sessions
from webapp.accounts.models import User
from webapp.core import patience
from webapp.core.db import db, new_id, utcnow
from webapp.core.settings import settings
from webapp.lobby import bearers
from webapp.lobby.models import Entry, Status
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.retention import expires_at
from webapp.recordings.states import State
from webapp.rooms.models import Access, AccessLevel, PhonePin, Role, Room, TrunkRow
from webapp.seed.bulk import Row, load
from webapp.seed.command import fill

FEW, MANY = "owner-of-few@seeded.example", "owner-of-many@seeded.example"
WAITING = 100
SAMPLE_BYTES = 500 * 10**6
CSRF = secrets.token_hex(20)


@dataclass(frozen=True)
class Size:
    """How much data."""

    rooms: int
    of_one_owner: int
    pins: int
    entries: int
    rules: int
    calls: int  # callers who are held
    burst: int  # callers who come within one second
    recordings: int
    folder_mb: int  # of a recording that is downloaded
    bucket_mb: int
    roles: int  # of people in rooms, now or once
    trail: int  # entries of the audit log
    hooks: int  # more than are sent while we measure: a repeat would be another measurement


FULL = Size(
    rooms=100_000,
    of_one_owner=10_000,
    pins=1_000_000,
    entries=100_000,
    rules=10_000,
    calls=100,
    burst=50,
    recordings=1_000_000,
    folder_mb=1024,
    bucket_mb=256,
    roles=1_000_000,
    trail=1_000_000,
    hooks=40_000,
)
QUICK = Size(
    rooms=1_000,
    of_one_owner=500,
    pins=10_000,
    entries=10_000,
    rules=1_000,
    calls=30,
    burst=50,
    recordings=10_000,
    folder_mb=128,
    bucket_mb=64,
    roles=10_000,
    trail=20_000,
    hooks=15_000,
)
SMOKE = Size(
    rooms=100,
    of_one_owner=50,
    pins=1_000,
    entries=1_000,
    rules=100,
    calls=5,
    burst=5,
    recordings=2_000,
    folder_mb=16,
    bucket_mb=8,
    roles=1_000,
    trail=2_000,
    hooks=5_000,
)


class World:
    """The database, filled; all its methods need the app's context."""

    GUEST = "Noor van Eyck"

    def __init__(self, app: Flask, size: Size) -> None:
        self.app = app
        self.size = size
        self.random = Random(7)
        self.waiting: list[dict[str, str]] = []

    def fill(self) -> None:
        """Seed people and rooms, and let one person own very many and another twenty."""
        with db.at_length() as connection:
            fill(connection, self.size.rooms, self.size.of_one_owner, MANY, self.random)
            fill(connection, 20, 20, FEW, self.random)
        self.busy_room().access_level = AccessLevel.RESTRICTED  # seeded levels are drawn: nobody waits for a public one
        db.session.commit()
        self.analyse()

    def analyse(self) -> None:
        """Let the database count its rows."""
        alone = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with patience.of(None), alone.connect() as connection:
            connection.execute(sa.text("SET statement_timeout = 0"))
            connection.execute(sa.text("VACUUM ANALYZE"))
            connection.invalidate()  # or the pool would keep one without a limit

    def owner_of_many(self) -> User:
        """Who owns very many rooms."""
        return db.session.scalars(sa.select(User).where(User.email == MANY)).one()

    def owner_of_few(self) -> User:
        """Who owns twenty."""
        return db.session.scalars(sa.select(User).where(User.email == FEW)).one()

    def room_of(self, user: User) -> Room:
        """One of the user's rooms."""
        owned = (
            sa.select(Room)
            .join(Access, Access.room_id == Room.id)
            .where(Access.user_id == user.id, Access.role == Role.OWNER)
        )
        return db.session.scalars(owned.order_by(Room.id).limit(1)).one()

    def rooms(self, count: int) -> list[uuid.UUID]:
        """Some rooms' ids."""
        return list(db.session.scalars(sa.select(Room.id).order_by(Room.id).limit(count)))

    def browser(self, user: User) -> dict[str, str]:
        """The headers of the user's signed-in browser; unsafe requests carry the CSRF token, too."""
        token = sessions.start(user)
        db.session.commit()
        cookie = self._cookie({sessions.COOKIE_KEY: token, "csrf_token": CSRF})
        signer = URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token")
        return {"Cookie": cookie, "X-CSRFToken": str(signer.dumps(CSRF)), "Accept-Language": "en"}

    def _cookie(self, values: dict[str, str]) -> str:
        with self.app.test_request_context():
            session.update(values)
            response = self.app.make_response("")
            self.app.session_interface.save_session(self.app, session, response)
            return response.headers["Set-Cookie"].split(";", 1)[0]

    def busy_room(self) -> Room:
        """The room whose queue is full."""
        return self.room_of(self.owner_of_few())

    def guests(self) -> list[dict[str, str]]:
        """Let the busy room's queue be full; returns the headers of the guests' browsers."""
        if not self.waiting:
            room, held = self.busy_room(), [bearers.new() for _ in range(WAITING)]
            made = (self._entry(room.id, Status.WAITING, bearers.hashed(bearer)) for bearer in held)
            with db.engine.begin() as connection:
                load(connection, Entry, made)
            self.waiting = [{"Cookie": self._guest_cookie(room.id, bearer)} for bearer in held]
        return self.waiting

    def _guest_cookie(self, room_id: uuid.UUID, bearer: str) -> str:
        response = self.app.make_response("")
        bearers.write(response, room_id, bearer)
        return response.headers["Set-Cookie"].split(";", 1)[0]

    def entries(self, count: int) -> None:
        """Let the installation have seen so many guests in all."""
        with db.engine.begin() as connection:
            connection.execute(sa.delete(Entry).where(Entry.status != Status.WAITING))
            rooms = self.rooms(min(self.size.rooms, 5_000))
            past = (self._entry(self.random.choice(rooms), Status.LEFT, secrets.token_hex(32)) for _ in range(count))
            load(connection, Entry, past)
        self.analyse()

    def _entry(self, room_id: uuid.UUID, status: Status, bearer_hash: str) -> Row:
        now = utcnow()
        return {
            "id": new_id(),
            "room_id": room_id,
            "bearer_hash": bearer_hash,
            "identity": f"guest-{secrets.token_hex(8)}",
            "name": self.GUEST,
            "status": status,
            "asked_at": now,
            "polled_at": now + timedelta(hours=2),  # nobody expires while we measure
            "decided_at": None if status is Status.WAITING else now - timedelta(hours=1),
        }

    def recordings(self, count: int) -> None:
        """Let the rooms of the owner of very many have so many recordings together, made in the last ninety days."""
        owned = sa.select(Access.room_id).where(Access.user_id == self.owner_of_many().id, Access.role == Role.OWNER)
        rooms = list(db.session.scalars(owned.order_by(Access.room_id)))
        there = db.session.scalar(sa.select(sa.func.count()).where(Recording.room_id.in_(owned))) or 0
        db.session.commit()
        with db.at_length() as connection:
            load(connection, Recording, (self._recording(self.random.choice(rooms)) for _ in range(count - there)))
        self.analyse()

    def recording_of(self, user: User, size: int = SAMPLE_BYTES) -> Recording:
        """A saved recording of one of the user's rooms; its row alone."""
        recording = Recording(**self._recording(self.room_of(user).id), size=size)
        db.session.add(recording)
        db.session.commit()
        return recording

    def _recording(self, room_id: uuid.UUID) -> Row:
        """What is kept for ever, or for ninety days."""
        recording_id, now = new_id(), utcnow()
        ended = now - timedelta(minutes=self.random.randrange(60, 89 * 24 * 60))
        days = self.random.choice((None, 90))
        return {
            "id": recording_id,
            "room_id": room_id,
            "mode": Mode.VIDEO,
            "state": State.SAVED,
            "key": f"recordings/{recording_id}.mp4",
            "created_at": ended - timedelta(hours=1),
            "started_at": ended - timedelta(hours=1),
            "ended_at": ended,
            "compared_at": now,  # or the storage, which has none of the files, would be asked while we measure
            "stored_at": ended,
            "duration_ms": self.random.randrange(60_000, 7_200_000),
            "retention_days": days,
            "expires_at": expires_at(ended, days),
        }

    def pins(self, count: int) -> None:
        """Let so many PINs be taken on the trunks together."""
        db.session.execute(
            sa.update(TrunkRow).values(gone_at=None)
        )  # the simulator knows none of them: a sweep may have seen
        trunks = list(db.session.scalars(sa.select(TrunkRow.sip_trunk_id)))
        missing = count - (db.session.scalar(sa.select(sa.func.count()).select_from(PhonePin)) or 0)
        taken = set(db.session.scalars(sa.select(PhonePin.pin)))
        db.session.commit()

        def rows() -> Iterator[Row]:
            for pin in self._other_pins(max(missing, 0), taken):
                trunk = trunks[int(pin) % len(trunks)]
                yield {"trunk_id": trunk, "pin": pin, "room_id": new_id(), "assigned_at": utcnow()}

        with db.engine.begin() as connection:
            load(connection, PhonePin, rows())
        self.analyse()

    def _other_pins(self, count: int, taken: set[str]) -> Iterator[str]:
        while count:
            pin = str(self.random.randrange(10**9, 10**10))
            if pin not in taken:
                taken.add(pin)
                count -= 1
                yield pin


def hook(room_id: uuid.UUID, event: str, number: int) -> tuple[dict[str, str], bytes]:
    """A webhook of LiveKit's about a room: its headers, with the signature over its body, and the body."""
    body: dict[str, Any] = {
        "event": event,
        "id": f"EV_bench{number}",
        "createdAt": str(int(utcnow().timestamp())),
        "room": {"sid": f"RM_{room_id.hex[:12]}", "name": str(room_id), "creationTime": "1790000000"},
        "participant": {
            "sid": f"PA_{number}",
            "identity": f"guest-{number}",
            "state": "ACTIVE",
            "joinedAt": "1790000000",
        },
    }
    raw = json.dumps(body).encode()
    return signed(raw), raw


def signed(raw: bytes) -> dict[str, str]:
    """The headers of a hook with this body."""
    secret = settings.livekit_api_secret.get_secret_value()
    token = AccessToken(settings.livekit_api_key, secret)
    token.claims.sha256 = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    return {"Authorization": token.to_jwt(), "Content-Type": "application/webhook+json"}
