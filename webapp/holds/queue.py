"""Callers in the queue: LiveKit holds them until a host decides, and knows when they are gone.

An entry of a caller is known by the call; its name is what hosts may see of the caller (`pseudonyms.shown_of`): the
last two digits of the number, or a name.
"""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from webapp.calls import book
from webapp.core.db import db, utcnow
from webapp.lobby import bearers, service
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.lobby.service import LobbyFull

__all__ = ["LobbyFull", "end", "gone", "let_in", "line_up", "missing"]

LOST = "lost"  # nobody told why the caller is gone
BACK = {Status.LEFT, Status.EXPIRED}  # who was taken for gone and is there after all has the old place


def line_up(room_id: uuid.UUID, call_id: str, shown: str, ended_another: bool = False) -> None:
    """Let a caller wait in the room's queue, once for each call. Raises LobbyFull.

    `ended_another`: LiveKit ended an earlier call of the same number for this one, as the host is told.
    """
    service.move_version(room_id)  # first: two who heard of the call must not both add it
    known = db.session.scalar(sa.select(Entry).where(Entry.sip_call_id == call_id))
    if known is None:
        service.line_up(_entry(room_id, call_id, shown, ended_another))
    elif known.status in BACK:
        known.status, known.decided_at, known.end_reason = Status.WAITING, None, ""
        known.polled_at = utcnow()  # seen just now
    db.session.flush()


def end(room_id: uuid.UUID, call_id: str, reason: str) -> None:
    """The caller is gone, in LiveKit's word for why, which may come after we saw that nobody is there any more."""
    if _waits(call_id):
        service.close(room_id, Status.LEFT, Entry.sip_call_id == call_id, reason=reason)
        return
    untold = sa.update(Entry).where(Entry.sip_call_id == call_id, Entry.status == Status.LEFT)
    told = untold.where(Entry.end_reason == LOST).values(end_reason=reason)
    db.session.execute(told, execution_options={"synchronize_session": False})
    if reason == book.REPLACED:
        _show_again(call_id)


def _show_again(call_id: str) -> None:
    """Hosts hear that the call of somebody who had been let in was ended for another one."""
    inside = sa.update(Entry).where(Entry.sip_call_id == call_id, Entry.status == Status.ACCEPTED)
    ended = inside.values(status=Status.LEFT, end_reason=book.REPLACED, decided_at=utcnow())
    db.session.execute(ended, execution_options={"synchronize_session": False})


def let_in(room_id: uuid.UUID, call_id: str, reason: str = "") -> None:
    """The caller goes in without a host: the room was opened, or LiveKit cannot hold anybody."""
    if _waits(call_id):
        service.close(room_id, Status.ACCEPTED, Entry.sip_call_id == call_id, reason=reason)


def gone(room_id: uuid.UUID, here: Collection[str], before: datetime) -> None:
    """End the waiting of all whose call is not among those `here`; who came since `before` was not looked for yet."""
    for call_id in missing(room_id, here, before):
        end(room_id, call_id, LOST)


def missing(room_id: uuid.UUID, here: Collection[str], before: datetime) -> set[str]:
    """The calls that wait and are not among those `here`."""
    waiting = sa.select(Entry.sip_call_id).where(
        Entry.room_id == room_id,
        Entry.status == Status.WAITING,
        Entry.kind == EntryKind.PHONE,
        Entry.polled_at < before,
    )
    return {str(call_id) for call_id in db.session.scalars(waiting)} - set(here)


def _waits(call_id: str) -> bool:
    waiting = sa.select(Entry.id).where(Entry.sip_call_id == call_id, Entry.status == Status.WAITING)
    return db.session.scalar(waiting) is not None


def _entry(room_id: uuid.UUID, call_id: str, shown: str, ended_another: bool) -> Entry:
    return Entry(
        room_id=room_id,
        bearer_hash=bearers.hashed(bearers.new()),  # nobody's: a caller has no browser
        identity=f"caller-{secrets.token_hex(12)}",  # LiveKit's holds the number
        name=shown,
        kind=EntryKind.PHONE,
        sip_call_id=call_id,
        asked_at=utcnow(),
        ended_another=ended_another,
    )
