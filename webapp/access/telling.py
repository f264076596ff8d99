"""Mails about roles are planned: to whoever's role it is, and once for each gesture to the owners of the room.

Nobody is told of what they did themselves. Who gets one is asked twice: here, and again when the mail is about to go.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.access import queries, undo
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.mails import queries as mail_queries
from webapp.mails import service as mails
from webapp.rooms.models import Access, Room

GRANTED, ACCEPTED, CHANGED = "role_granted", "role_accepted", "role_changed"
REMOVED, TRANSFERRED = "role_removed", "role_transferred"
KINDS = (GRANTED, ACCEPTED, CHANGED, REMOVED, TRANSFERRED)
TOPIC = "roles"
NOW = timedelta(0)
HELD = undo.UNDO + timedelta(seconds=5)  # what can be undone is told once nobody can be undoing it any more


@dataclass
class Gesture:
    """What somebody does by one press: its rows have one moment, and owners hear of it once; of a quiet one nobody.

    Mails wait for `mails_after`, where it can be undone.
    """

    at: datetime = field(default_factory=utcnow)
    quiet: bool = False
    mails_after: timedelta = NOW
    owners_told: bool = False


@dataclass(frozen=True)
class Listeners:
    """Who gets a mail about what the reader is about to do, as the page says before: two of the owners say enough."""

    reader_id: uuid.UUID
    mailing: bool
    some_owners: Sequence[uuid.UUID] = ()

    def person(self, user: User) -> bool:
        """Whoever's role it is gets one."""
        return self.mailing and user.is_active and user.id != self.reader_id

    def owners(self, user: User | None = None) -> bool:
        """Owners get one who neither do it nor are the person that it is done to."""
        return any(user is None or owner != user.id for owner in self.some_owners)


def listeners(room: Room, reader: User) -> Listeners:
    """Who would be told of what the reader does in the room; nobody is while mail isn't set up."""
    if settings.smtp is None:
        return Listeners(reader.id, mailing=False)
    return Listeners(reader.id, mailing=True, some_owners=_owners(room.id, {reader.id}, 2))


def granted(access: Access, actor: Actor, gesture: Gesture) -> None:
    """Somebody was given a role."""
    _tell_person(GRANTED, access, actor, gesture)
    _tell_owners(GRANTED, access, actor, gesture)


def accepted(access: Access, actor: Actor, gesture: Gesture) -> None:
    """Somebody took the role that came with an invitation: owners hear of it, and the person knows."""
    _tell_owners(ACCEPTED, access, actor, gesture)


def changed(before: Access, actor: Actor, gesture: Gesture) -> None:
    """Somebody has another role; told by the row that was closed for it."""
    _tell_person(CHANGED, before, actor, gesture)
    _tell_owners(CHANGED, before, actor, gesture)


def raised(before: Access, gesture: Gesture) -> None:
    """Somebody has the higher role that waited for their address; owners heard of it when it was given."""
    _tell_person(CHANGED, before, Actor.system(), gesture)


def removed(access: Access, actor: Actor, gesture: Gesture) -> None:
    """Somebody's role ended, by others or by themselves."""
    _tell_person(REMOVED, access, actor, gesture)
    _tell_owners(REMOVED, access, actor, gesture)


def transferred(owner: User, made: undo.Undoable, actor: Actor, gesture: Gesture) -> None:
    """Somebody owns the room alone; whoever owned it before has another role. It waits until it can't be undone."""
    if _is_silent(gesture):
        return
    if owner.id != actor.user_id:
        mails.post(TRANSFERRED, owner.id, made.key, after=gesture.mails_after)
    for before in made.closed:
        if before.user_id != owner.id:
            _tell_person(CHANGED, before, actor, gesture)


def undone(made: undo.Undoable) -> None:
    """Nobody needs to hear of it; of what was before they still do."""
    for row in made.opened:
        mails.withdraw(row.id, KINDS)
    for row in made.closed:
        mails.withdraw(row.id, (CHANGED, REMOVED))


def _is_silent(gesture: Gesture) -> bool:
    return gesture.quiet or settings.smtp is None


def _tell_person(kind: str, access: Access, actor: Actor, gesture: Gesture) -> None:
    if _is_silent(gesture) or access.user_id == actor.user_id:
        return
    person = db.session.get_one(User, access.user_id)
    if not person.is_active:
        return
    if person.pending:
        mails.post_to_address(kind, access.id, after=gesture.mails_after)
    else:
        mails.post(kind, person.id, access.id, after=gesture.mails_after)


def _tell_owners(kind: str, access: Access, actor: Actor, gesture: Gesture) -> None:
    if _is_silent(gesture) or gesture.owners_told:
        return
    gesture.owners_told = True
    for owner_id in _owners(access.room_id, {access.user_id, actor.user_id} - {None}):
        mails.post(kind, owner_id, access.id, after=gesture.mails_after)


def _owners(room_id: uuid.UUID, but: Collection[uuid.UUID | None], most: int | None = None) -> Sequence[uuid.UUID]:
    owners = sa.select(User.id).join(Access, Access.user_id == User.id).where(Access.room_id == room_id, queries.OWNS)
    wanted = owners.where(User.id.not_in(but), sa.not_(mail_queries.is_off(TOPIC)))
    return db.session.scalars(wanted.order_by(User.id).limit(most)).all()
