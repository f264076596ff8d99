"""What changes in the lobby: asking, polling, deciding, leaving, expiring.

Whoever changes a queue first moves its room's version, which holds the room's row until the commit: so two changes of
one queue come one after the other and never wait for each other in a circle.
"""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.audit import Actor, record
from webapp.calls import book
from webapp.calls.models import Hold
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.lobby import bearers, policy
from webapp.lobby.models import UNDO, Entry, Kind, Status
from webapp.lobby.silence import POLL_WRITTEN, silent_since
from webapp.rooms.models import Room

DECIDED = {Status.ACCEPTED: Hold.ADMITTED, Status.DENIED: Hold.DENIED}
ADMITTED = timedelta(seconds=bearers.LIFETIME)  # in which an admitted guest may come in again


class LobbyFull(Exception):
    """As many guests wait for the room as may."""


class AlreadyDecided(Exception):
    """Somebody or something else was first."""


def ask(room: Room, name: str, user: User | None = None) -> tuple[Entry, str]:
    """Take a guest into the room's queue, or straight in where the room lets them; gives the entry and its bearer.

    The caller holds the room's row. Raises LobbyFull.
    """
    bearer = bearers.new()
    entry = Entry(
        room_id=room.id,
        bearer_hash=bearers.hashed(bearer),
        identity=f"guest-{secrets.token_hex(12)}",
        name=name,
        user_id=user.id if user else None,
        asked_at=utcnow(),
    )
    if policy.may_enter(user, room):
        entry.status, entry.decided_at = Status.ACCEPTED, entry.asked_at
        db.session.add(entry)
    else:
        line_up(entry)
    db.session.flush()
    return entry, bearer


def line_up(entry: Entry) -> None:
    """Let somebody wait, as long as there is room, and tell those inside. Raises LobbyFull."""
    move_version(entry.room_id)  # first: two asking at once must not both take the last place
    if _waiting_in(entry.room_id) >= settings.lobby_room_limit:
        raise LobbyFull
    db.session.add(entry)
    due.add("lobby.announce", room_id=str(entry.room_id))


def _waiting_in(room_id: uuid.UUID) -> int:
    waiting = sa.select(sa.func.count()).select_from(Entry).where(_waits(), Entry.room_id == room_id)
    return db.session.scalar(waiting) or 0


def told(entry: Entry) -> Status:
    """What the guest hears: a denial only when it can no longer be undone, an admission only while it holds."""
    now = utcnow()
    if entry.undoable:
        return Status.WAITING
    if entry.status is Status.ACCEPTED and entry.decided_at is not None and entry.decided_at < now - ADMITTED:
        return Status.EXPIRED
    if entry.status is Status.WAITING and entry.polled_at < silent_since():
        return Status.EXPIRED
    return entry.status


def poll_changes(entry: Entry, user: User | None) -> bool:
    """Tell whether a guest's poll has anything to write: the place kept, lost by silence, or no longer needed."""
    if entry.status is not Status.WAITING:
        return False
    return entry.polled_at < utcnow() - POLL_WRITTEN or policy.may_enter(user, entry.room)


def poll(entry: Entry, user: User | None) -> None:
    """Write a guest's poll down: who may enter by now is accepted, who was silent for too long has lost the place."""
    if policy.may_enter(user, entry.room):
        close(entry.room_id, Status.ACCEPTED, Entry.id == entry.id)
    elif entry.polled_at < silent_since():
        close(entry.room_id, Status.EXPIRED, Entry.id == entry.id)
    else:
        kept = sa.update(Entry).where(Entry.id == entry.id, _waits())
        _execute(kept.values(polled_at=utcnow()))


def leave(entry: Entry) -> None:
    """A guest stops waiting."""
    close(entry.room_id, Status.LEFT, Entry.id == entry.id)


def admit(entry: Entry, *, actor: Actor) -> None:
    """Let one guest in. Raises AlreadyDecided."""
    _decide(entry, Status.ACCEPTED, actor)
    record("entry.admit", entry, actor)


def deny(entry: Entry, *, actor: Actor) -> None:
    """Turn one guest away, who hears of it when it can no longer be undone; callers hear it at once.

    Raises AlreadyDecided.
    """
    _decide(entry, Status.DENIED, actor)
    record("entry.deny", entry, actor)


def undo_deny(entry: Entry, *, actor: Actor) -> None:
    """Let a guest who was just denied wait on, in the old place. Raises AlreadyDecided after ten seconds."""
    move_version(entry.room_id)
    fresh = (Entry.status == Status.DENIED) & (Entry.decided_at > utcnow() - UNDO) & (Entry.kind == Kind.WEB)
    back = sa.update(Entry).where(Entry.id == entry.id, fresh)
    values = {"status": Status.WAITING, "decided_at": None, "decided_by_id": None, "polled_at": utcnow()}
    if not _execute(back.values(**values)):
        raise AlreadyDecided
    record("entry.undo_deny", entry, actor)


def admit_all(rooms: Collection[Room], *, actor: Actor, last: uuid.UUID, kind: Kind | None = None) -> list[Room]:
    """Let all in who wait for these rooms, up to the entry `last`; gives the rooms where callers were among them."""
    return _decide_all(rooms, Status.ACCEPTED, "room.admit_all", actor, _seen(last, kind))


def deny_all(rooms: Collection[Room], *, actor: Actor, last: uuid.UUID, kind: Kind | None = None) -> list[Room]:
    """Turn all away who wait for these rooms, up to the entry `last`; gives the rooms where callers were among them."""
    return _decide_all(rooms, Status.DENIED, "room.deny_all", actor, _seen(last, kind))


def clear(room: Room) -> None:
    """The meeting is over: nobody waits for it any more, and who was let in asks again next time."""
    close(room.id, Status.EXPIRED, reason="room_finished")
    over = sa.update(Entry).where(Entry.room_id == room.id, Entry.status == Status.ACCEPTED)
    _execute(over.values(status=Status.LEFT))


def expire(room_id: uuid.UUID) -> int:
    """Drop those from the room's queue who went silent; returns how many. Callers are known to be there by LiveKit."""
    return len(close(room_id, Status.EXPIRED, Entry.kind == Kind.WEB, Entry.polled_at < silent_since()))


def _decide(entry: Entry, status: Status, actor: Actor) -> None:
    if not _close_by_hand(entry.room_id, status, Entry.id == entry.id, by=actor):
        raise AlreadyDecided


def _seen(last: uuid.UUID, kind: Kind | None) -> sa.ColumnElement[bool]:
    """The condition of those whom the host had on the page: ids grow with time."""
    return sa.and_(Entry.id <= last, Entry.kind == kind if kind else sa.true())


def _decide_all(
    rooms: Collection[Room], status: Status, action: str, actor: Actor, which: sa.ColumnElement[bool]
) -> list[Room]:
    with_callers = []
    for room in sorted(rooms, key=lambda each: each.id):  # always in one order: two hosts must not wait in a circle
        closed = _close_by_hand(room.id, status, which, by=actor)
        if closed:
            record(action, room, actor, count=len(closed))
        if any(closed):
            with_callers.append(room)
    return with_callers


def _close_by_hand(room_id: uuid.UUID, status: Status, which: sa.ColumnElement[bool], *, by: Actor) -> list[str | None]:
    """End the waiting by a host's word, which holds for the calls of callers, too."""
    at = utcnow()
    closed = close(room_id, status, which, by=by, at=at)
    book.decide([call for call in closed if call], DECIDED[status], by_id=by.user_id, at=at)
    return closed


def _waits() -> sa.ColumnElement[bool]:
    return Entry.status == Status.WAITING


def close(
    room_id: uuid.UUID,
    status: Status,
    *which: sa.ColumnElement[bool],
    by: Actor | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> list[str | None]:
    """End the waiting of those in the room who still wait: compare and set.

    Gives the call of each whose waiting it ended, None for guests.
    """
    move_version(room_id)
    by_id = by.user_id if by else None
    ended = sa.update(Entry).where(Entry.room_id == room_id, _waits(), *which)
    ended = ended.values(status=status, end_reason=reason, decided_at=at or utcnow(), decided_by_id=by_id)
    ended = ended.execution_options(synchronize_session=False)
    return list(db.session.scalars(ended.returning(Entry.sip_call_id)))


def move_version(room_id: uuid.UUID) -> None:
    """The queue changes; until the commit nobody else changes it."""
    _execute(sa.update(Room).where(Room.id == room_id).values(queue_version=Room.queue_version + 1))


def _execute(change: sa.Update) -> int:
    return db.changed(change.execution_options(synchronize_session=False))
