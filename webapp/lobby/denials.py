"""A denial that was just made can be taken back: by whoever made it, for ten seconds, for guests who are still there.

All who were denied at once share the moment and the host, by which they are found. What undoes it names one of them by
id, signed for this purpose alone; whose denial it was and when is read from the row. Callers stay denied: their calls
are over.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.audit import Actor, record
from webapp.core import signed_ids
from webapp.core.db import db, utcnow
from webapp.lobby import service
from webapp.lobby.models import UNDO, Entry, EntryKind, Status
from webapp.lobby.silence import silent_since

PURPOSE = "lobby.undo_deny"
SINCE = (Status.DENIED, Status.LEFT)  # what a denied guest may be within those seconds


class DenialStands(Exception):
    """Nobody is left to be put back: the time is over, they left, it was undone, or somebody else denied them."""


@dataclass(frozen=True)
class Denial:
    """Who was denied at once, as it stands now."""

    entries: Sequence[Entry]

    @property
    def token(self) -> str:
        """What stands for the denial in a link and in the form that undoes it."""
        return token(self.entries[0].id)

    @property
    def calls(self) -> int:
        """How many calls it ended."""
        return sum(entry.kind is EntryKind.PHONE for entry in self.entries)

    @property
    def guests(self) -> list[Entry]:
        """Those who can be put back."""
        return [entry for entry in self.entries if entry.undoable and entry.polled_at > silent_since()]


def token(key: uuid.UUID) -> str:
    """What stands for the denial of this guest and of all who were denied with them."""
    return signed_ids.sign(key, PURPOSE)


def read(given: str) -> uuid.UUID | None:
    """Which guest is meant; None for a token that we did not make, or made for something else."""
    return signed_ids.read(given, PURPOSE)


def of_entry(entry: Entry) -> Denial:
    """Everybody who was denied together with this one."""
    together = sa.select(Entry).where(Entry.room_id == entry.room_id, Entry.decided_at == entry.decided_at)
    together = together.where(Entry.decided_by_id == entry.decided_by_id, Entry.status.in_(SINCE)).order_by(Entry.id)
    return Denial(db.session.scalars(_anew(together)).all())


def newest(room_id: uuid.UUID, by_id: uuid.UUID) -> Denial | None:
    """What this person denied last in the room."""
    theirs = sa.select(Entry).where(Entry.room_id == room_id, Entry.decided_by_id == by_id)
    theirs = theirs.where(Entry.status == Status.DENIED).order_by(Entry.decided_at.desc()).limit(1)
    last = db.session.scalar(_anew(theirs))
    return of_entry(last) if last is not None else None


def of_key(key: uuid.UUID, by_id: uuid.UUID) -> Denial | None:
    """The denial that a token names, while this person may still take it back; sure only while the room is locked."""
    first = db.session.scalar(_anew(sa.select(Entry).where(Entry.id == key)))
    if first is None or first.decided_by_id != by_id or first.decided_at is None:
        return None
    denial = of_entry(first)
    return denial if denial.guests else None


def undo_deny(entry: Entry, *, actor: Actor) -> int:
    """Let those wait on, in their old places, who were denied with this guest a moment ago; gives how many.

    Raises DenialStands.
    """
    service.move_version(entry.room_id)  # first: of two who press at once, the second finds nobody
    denial = of_key(entry.id, actor.user_id) if actor.user_id else None
    if denial is None:
        raise DenialStands
    guests = [guest.id for guest in denial.guests]
    fresh = (Entry.status == Status.DENIED) & (Entry.decided_at > utcnow() - UNDO)
    back = sa.update(Entry).where(Entry.id.in_(guests), fresh)
    values = {"status": Status.WAITING, "decided_at": None, "decided_by_id": None}
    count = db.changed(back.values(**values).execution_options(synchronize_session=False))
    if not count:
        raise DenialStands
    if len(denial.entries) == 1:
        record("entry.undo_deny", entry, actor)
    else:
        record("room.undo_deny_all", entry.room, actor, count=count)
    return count


def _anew(entries: sa.Select[Entry]) -> sa.Select[Entry]:
    """As they are now, whatever was read before; with the room, which stays known of them."""
    return entries.options(joinedload(Entry.room)).execution_options(populate_existing=True)
