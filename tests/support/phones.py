"""Callers at the door of a room: they dial, and a test reads how they stand in LiveKit, in our rows, in the queue."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support.installation import CALLER, Installation
from tests.support.livekit import LiveKit
from tests.support.personas import persona
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.calls.models import Call, Hold
from webapp.core.db import db, utcnow
from webapp.holds import unmute
from webapp.lobby import service
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.rooms.models import Access, AccessLevel, Role, Room


@dataclass
class Door:
    """A live room where callers wait, with a host who speaks."""

    installation: Installation
    room: Room

    @property
    def room_id(self) -> uuid.UUID:
        """The room's id, read once: what a rollback expires would be asked for again."""
        return uuid.UUID(str((sa.inspect(self.room).identity or ())[0]))

    @property
    def livekit(self) -> LiveKit:
        """The LiveKit of it all."""
        return self.installation.livekit

    def dial(self, caller: str = CALLER, room: Room | None = None) -> str:
        """Call, type the PIN, and be in the live room; returns the phone."""
        pin = str((room or self.room).pin)
        db.session.commit()
        phone = self.installation.dial(caller, pin=pin)
        until(lambda: self.installation.phone(phone)["sid"])
        return phone

    def waiting(self, caller: str = CALLER, room: Room | None = None) -> str:
        """The same, until the caller is held and in the queue."""
        phone = self.dial(caller, room)
        until(lambda: self.is_held(phone) and self.is_lined_up(phone))
        self.livekit.settle()
        return phone

    def is_lined_up(self, phone: str) -> bool:
        """The caller is in the queue."""
        waiting = [entry.sip_call_id for entry in entries() if entry.status is Status.WAITING]
        return self.call_id(phone) in waiting

    def is_held(self, phone: str) -> bool:
        """Neither hears nor is heard, and our rows say so."""
        stands = self.installation.phone(phone)
        call = self.call(phone)
        silent = not stands["audible"] and not stands["hears"]
        muted = [track["muted"] for track in self.person(phone).get("tracks", [])] == [True]
        return silent and muted and self.carries_mark(phone) and call is not None and call.hold is Hold.HELD

    def is_free(self, phone: str) -> bool:
        """Hears and is heard."""
        stands = self.installation.phone(phone)
        return bool(stands["audible"] and stands["hears"] and not self.carries_mark(phone))

    def person(self, phone: str) -> dict[str, Any]:
        """The phone as a participant in LiveKit; empty when it is none."""
        sid = self.installation.phone(phone)["sid"]
        found = [who for room in self.livekit.rooms() for who in self.livekit.participants(room).values()]
        return next((who for who in found if who["sid"] == sid), {})

    def carries_mark(self, phone: str) -> bool:
        """LiveKit shows that we hold the caller."""
        return bool(self.person(phone).get("attributes", {}).get("frontdesk.held") == "1")

    def rights_changed(self) -> int:
        """How often LiveKit was asked to change what somebody may do; a name changes nothing of that."""
        return sum(bool(asked.get("permission")) for asked in self.livekit.asked("UpdateParticipant"))

    def call_id(self, phone: str) -> str:
        """LiveKit's id of the call."""
        return str(self.person(phone).get("attributes", {}).get("sip.callID", phone))

    def call(self, phone: str) -> Call | None:
        """Our row of the call."""
        return calls().get(self.call_id(phone))

    def again(self, **values: Any) -> None:
        """Change the room behind everybody's back."""
        db.session.execute(sa.update(Room).where(Room.id == self.room.id).values(**values))
        db.session.commit()
        db.session.refresh(self.room)
        db.session.commit()


def calls() -> dict[str, Call]:
    """Our rows of calls, by LiveKit's id."""
    return {call.sip_call_id: call for call in _read(sa.select(Call).order_by(Call.id))}


def entries() -> list[Entry]:
    """The callers in the queue and those who were, in the order they came."""
    return _read(sa.select(Entry).where(Entry.kind == EntryKind.PHONE).order_by(Entry.id))


def _read(found: sa.Select[Any]) -> list[Any]:
    """Beside the test's session, which would take SQLite's only write lock from those who are waited for."""
    db.session.commit()  # what the test has read before would keep that lock as well
    with Session(db.reader) as reading:
        rows = list(reading.scalars(found))
        reading.expunge_all()
        return rows


def make_door(installation: Installation, level: AccessLevel = AccessLevel.RESTRICTED, **fields: Any) -> Door:
    """A live room with an owner and an administrator, and somebody who speaks inside."""
    room = installation.room(access_level=level, **fields)
    for role in (Role.OWNER, Role.ADMINISTRATOR):
        db.session.add(Access(room_id=room.id, user_id=persona(role.value).id, role=role))
    db.session.commit()
    installation.join(room, publish=["microphone"])
    until(lambda: installation.rule_of(room))
    return Door(installation, room)


def let_pass(call: Call, **ago: timedelta) -> None:
    """Let so much time pass since a moment of a call."""
    values = {name: utcnow() - past for name, past in ago.items()}
    db.session.execute(sa.update(Call).where(Call.id == call.id).values(**values))
    db.session.commit()


def decide(verb: str) -> None:
    """A host's word, and our end before LiveKit heard of it."""
    getattr(service, verb)(entries()[-1], actor=Actor.system())
    db.session.commit()


def learn(works: bool | None) -> None:
    """Know, or not, whether LiveKit unmutes."""
    if works is None:
        db.session.execute(sa.text("DELETE FROM probes"))
        db.session.commit()
    else:
        unmute.learn(works)
