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
from webapp.lobby import bearers, policy, shares
from webapp.lobby.models import UNDO, Entry, EntryKind, RefusedAddress, Status
from webapp.lobby.silence import POLL_WRITTEN, silent_since
from webapp.lobby.sources import Source
from webapp.rooms.models import Room

DECIDED = {Status.ACCEPTED: Hold.ADMITTED, Status.DENIED: Hold.DENIED}
ADMITTED = timedelta(seconds=bearers.LIFETIME)  # in which an admitted guest may come in again


class LobbyFull(Exception):
    """As many guests wait for the room as may."""


class AlreadyDecided(Exception):
    """Somebody or something else was first."""


class ShareSpent(Exception):
    """The guest's address, or the network around it, takes as much of the room's lobby as it may."""


def ask(room: Room, name: str, user: User | None, source: Source, nonce: str = "") -> tuple[Entry, str]:
    """Take a guest into the room's queue, or straight in where the room lets them; gives the entry and its bearer.

    The same form sent twice gives the same entry. The caller holds the room's row. Raises LobbyFull, ShareSpent.
    """
    bearer = bearers.of_nonce(nonce, room.id)
    known = _of_bearer(bearer) if bearer else None
    if bearer and known is not None and status_for_guest(known) in {Status.WAITING, Status.ACCEPTED}:
        return known, bearer
    if bearer is None or known is not None:
        bearer = bearers.new()
    if user is not None:
        source = Source("", "")
    entry = Entry(
        room_id=room.id,
        bearer_hash=bearers.hashed(bearer),
        identity=f"guest-{secrets.token_hex(12)}",
        name=name,
        kind=EntryKind.WEB,
        user_id=user.id if user else None,
        asked_at=utcnow(),
        asked_from=source.address,
        network=source.network,
    )
    if policy.may_enter(user, room):
        entry.status, entry.decided_at = Status.ACCEPTED, entry.asked_at
        db.session.add(entry)
    else:
        move_version(room.id)  # first: two asking at once must not both take the last place
        if user is None and shares.spent(room.id, source):
            raise ShareSpent
        line_up(entry)
    db.session.flush()
    return entry, bearer


def _of_bearer(bearer: str) -> Entry | None:
    return db.session.scalar(sa.select(Entry).where(Entry.bearer_hash == bearers.hashed(bearer)))


def refuse(room_id: uuid.UUID, source: Source) -> None:
    """Count a request that was refused for its address, and let hosts see it before long."""
    db.session.execute(sa.select(Room.id).where(Room.id == room_id).with_for_update())  # one after the other
    if shares.note(room_id, source):
        move_version(room_id)


def clear_refused(room: Room, asked_from: str, *, actor: Actor, deny: bool) -> bool:
    """Take the line about an address off the hosts' page; with `deny`, turn those away as well who wait from there.

    Tells whether anybody was.
    """
    move_version(room.id)
    closed = []
    if deny and asked_from:
        closed = _close_by_hand(room.id, Status.DENIED, Entry.asked_from == asked_from, by=actor)
        record("room.deny_all", room, actor, count=len(closed))
    refusal = db.session.get(RefusedAddress, (room.id, asked_from))
    if refusal is not None:
        record("room.clear_refused", room, actor, count=refusal.count)
        db.session.delete(refusal)
    return bool(closed)


def line_up(entry: Entry) -> None:
    """Let somebody wait, as long as there is room for their like, and tell those inside. Raises LobbyFull.

    Guests, people signed in and callers each have seats of their own: none of them shuts the others out.
    """
    move_version(entry.room_id)  # first: two asking at once must not both take the last place
    if _waiting_like(entry) >= settings.lobby_room_limit:
        raise LobbyFull
    db.session.add(entry)
    due.add("lobby.announce", room_id=str(entry.room_id))


def _waiting_like(entry: Entry) -> int:
    known = Entry.user_id.is_not(None) if entry.user_id else Entry.user_id.is_(None)
    waiting = sa.select(sa.func.count()).select_from(Entry).where(_waits(), Entry.room_id == entry.room_id)
    waiting = waiting.where(known, Entry.kind == entry.kind)
    return db.session.scalar(waiting) or 0


def status_for_guest(entry: Entry) -> Status:
    """Where the request stands for the guest: denied once it cannot be undone any more, accepted while that holds."""
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
    if entry.undoable:
        return entry.polled_at < utcnow() - POLL_WRITTEN
    if entry.status is not Status.WAITING:
        return False
    return entry.polled_at < utcnow() - POLL_WRITTEN or policy.may_enter(user, entry.room)


def poll(entry: Entry, user: User | None) -> None:
    """Write a guest's poll down: who may enter by now is accepted, who was silent for too long has lost the place.

    Of who was just denied it is kept that they are there: an undo puts nobody back who has gone.
    """
    if entry.undoable:
        there = sa.update(Entry).where(Entry.id == entry.id, Entry.status == Status.DENIED)
        _execute(there.values(polled_at=utcnow()))
    elif policy.may_enter(user, entry.room):
        close(entry.room_id, Status.ACCEPTED, Entry.id == entry.id)
    elif entry.polled_at < silent_since():
        close(entry.room_id, Status.EXPIRED, Entry.id == entry.id)
    else:
        mine = sa.update(Entry).where(Entry.id == entry.id, _waits())
        _execute(mine.values(polled_at=utcnow()))


def leave(entry: Entry) -> None:
    """A guest stops waiting, also one who was denied and has not heard of it: an undo does not put them back."""
    close(entry.room_id, Status.LEFT, Entry.id == entry.id)
    unheard = sa.update(Entry).where(Entry.id == entry.id, Entry.status == Status.DENIED)
    _execute(unheard.where(Entry.decided_at > utcnow() - UNDO).values(status=Status.LEFT))


def forget(user: User) -> None:
    """Let all requests of somebody be gone, waiting or decided, with the names in them."""
    theirs = sa.select(Entry.room_id).where(Entry.user_id == user.id).distinct().order_by(Entry.room_id)
    for room_id in db.session.scalars(theirs).all():
        move_version(room_id)
    gone = sa.delete(Entry).where(Entry.user_id == user.id)
    db.session.execute(gone, execution_options={"synchronize_session": False})


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


def admit_all(rooms: Collection[Room], *, actor: Actor, last: uuid.UUID, kind: EntryKind | None = None) -> list[Room]:
    """Let all in who wait for these rooms, up to the entry `last`; gives the rooms where callers were among them."""
    with_callers = []
    for room in sorted(rooms, key=lambda each: each.id):  # always in one order: two hosts must not wait in a circle
        closed = _close_by_hand(room.id, Status.ACCEPTED, _shown(last, kind), by=actor)
        if closed:
            record("room.admit_all", room, actor, count=len(closed))
        if any(closed):
            with_callers.append(room)
    return with_callers


def deny_all(room: Room, *, actor: Actor, last: uuid.UUID, kind: EntryKind | None = None) -> bool:
    """Turn all away who wait for the room, up to the entry `last`; False when nobody did any more."""
    closed = _close_by_hand(room.id, Status.DENIED, _shown(last, kind), by=actor)
    if closed:
        record("room.deny_all", room, actor, count=len(closed))
    return bool(closed)


def clear(room: Room) -> None:
    """The meeting is over: nobody waits for it any more, and who was let in asks again next time."""
    close(room.id, Status.EXPIRED, reason="room_finished")
    over = sa.update(Entry).where(Entry.room_id == room.id, Entry.status == Status.ACCEPTED)
    _execute(over.values(status=Status.LEFT))


def expire(room_id: uuid.UUID) -> int:
    """Drop those from the room's queue who went silent; returns how many. Callers are known to be there by LiveKit."""
    return len(close(room_id, Status.EXPIRED, Entry.kind == EntryKind.WEB, Entry.polled_at < silent_since()))


def _decide(entry: Entry, status: Status, actor: Actor) -> None:
    if not _close_by_hand(entry.room_id, status, Entry.id == entry.id, by=actor):
        raise AlreadyDecided


def _shown(last: uuid.UUID, kind: EntryKind | None) -> sa.ColumnElement[bool]:
    """The condition of those whom the host had on the page: ids grow with time."""
    return sa.and_(Entry.id <= last, Entry.kind == kind if kind else sa.true())


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
