"""The sides of one room: our row, LiveKit, and the storage, as far as each can be asked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.audit.models import AuditEntry
from webapp.core import questions
from webapp.core.db import db
from webapp.deliveries.models import Delivery
from webapp.livekit import egress, rooms, sip
from webapp.livekit.egress import Egress
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import LiveRoom, Participant
from webapp.matching import Rule, parse_rules
from webapp.recordings import naming
from webapp.recordings import queries as recording_queries
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.recordings.storage import storage
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room
from webapp.rules import owners
from webapp.rules.owners import OfRoom

SHOWN = 20  # recordings, hooks and deeds of a room
AWAY = "away"


@dataclass(frozen=True)
class LiveSide:
    """What LiveKit has of a room; `problem` is its code when it could not be asked.

    `rules` are those of its PIN, `old_rules` those of the PIN that it had before.
    """

    room: LiveRoom | None = None
    inside: Sequence[Participant] = ()
    rules: Sequence[Rule] = ()
    old_rules: Sequence[Rule] = ()
    egresses: Sequence[Egress] = ()
    problem: str = ""

    @property
    def web(self) -> int:
        """People who came by web."""
        return sum(one.is_web for one in self.inside)

    @property
    def phones(self) -> int:
        """Callers."""
        return sum(one.is_phone for one in self.inside)


@dataclass(frozen=True)
class Kept:
    """A recording: our row, LiveKit's egress if it still knows one, and what is stored (`away`: nobody could look)."""

    row: Recording
    egress: Egress | None
    stored: Stored | str | None

    @property
    def agrees(self) -> bool:
        """What is saved is there in its size, and what failed has left nothing."""
        if self.stored == AWAY or not self.row.state.terminal:
            return True
        if self.row.state is State.SAVED:
            return isinstance(self.stored, Stored) and self.row.size in {None, self.stored.size}
        return self.stored is None


@dataclass(frozen=True)
class Event:
    """Something that happened to a room: a hook of LiveKit's, or a deed of somebody's."""

    at: datetime
    what: str
    by: str  # livekit, user, guest, system
    result: str = ""
    lag_ms: int | None = None


def ask_livekit(room: Room) -> LiveSide:
    """All that LiveKit tells of the room, asked at once. Commits: no connection is held meanwhile."""
    name = str(room.id)
    db.session.commit()
    try:
        listed, inside, stored, egresses = questions.ask(
            lambda: rooms.list_rooms([name]),
            lambda: rooms.list_participants(name),
            sip.list_rules,
            lambda: egress.list_of_room(name),
        )
    except LiveKitError as error:
        return LiveSide(problem="no_sip" if error.without_redis else error.code)
    of_now, of_old = _rules(room, parse_rules(stored))
    return LiveSide(listed[0] if listed else None, inside, of_now, of_old, egresses)


def _rules(room: Room, stored: list[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The rules of the room's PIN, and of the one before."""
    known = owners.known(stored)
    owned = [(rule, owners.owner_of(rule, known)) for rule in stored]
    of_now, of_old = ([rule for rule, owner in owned if owner == OfRoom(room.id, old)] for old in (False, True))
    return of_now, of_old


def recorded(room: Room, live: LiveSide) -> list[Kept]:
    """The newest recordings of the room beside LiveKit's egresses and the storage."""
    egresses = {each.egress_id: each for each in live.egresses}
    unnamed = {naming.id_in(each.filepath): each for each in live.egresses}  # whose start was not answered
    rows = recording_queries.of_room(room, SHOWN)
    return [Kept(row, egresses.get(row.egress_id or "") or unnamed.get(row.id), _stored(row)) for row in rows]


def happened(room_id: uuid.UUID) -> list[Event]:
    """The newest hooks and deeds, newest first; nobody is named."""
    hooks = sa.select(Delivery).where(Delivery.room_id == room_id).order_by(Delivery.id.desc()).limit(SHOWN)
    deeds = sa.select(AuditEntry).where(AuditEntry.room_id == room_id).order_by(AuditEntry.id.desc()).limit(SHOWN)
    found = [_of_hook(row) for row in db.session.scalars(hooks)] + [
        Event(row.at, row.action, row.actor.value) for row in db.session.scalars(deeds)
    ]
    return sorted(found, key=lambda event: event.at, reverse=True)


def _of_hook(row: Delivery) -> Event:
    took = row.processed_at - row.received_at if row.processed_at else None
    lag_ms = int(took.total_seconds() * 1000) if took is not None else None
    return Event(row.received_at, row.event, "livekit", row.result.value, lag_ms)


def _stored(row: Recording) -> Stored | str | None:
    try:
        return storage().find(row.key)
    except OSError:
        return AWAY
