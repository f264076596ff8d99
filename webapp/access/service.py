"""What changes who has access. Rows are closed and opened, never edited, so that "who on 3 March" stays one query.

Only what is undone within seconds is as if it had not been: the rows that it closed are open again, unchanged.

The caller holds the room's row (`load_room` of an unsafe request does): two changes of one list follow each other, and
the last owner stays.
"""

import uuid
from datetime import datetime

import sqlalchemy as sa

from webapp import audit
from webapp.access import policy, queries, telling, undo
from webapp.access.telling import Gesture
from webapp.access.undo import Undoable, UndoKind
from webapp.accounts import service as account_service
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, new_id
from webapp.mails import service as mails
from webapp.rooms.models import Access, Role, Room


class LastOwner(Exception):
    """The room would be left without an owner who can sign in."""


class CannotOwn(Exception):
    """This person is disabled, or never signed in."""


class HasAccess(Exception):
    """This person has a role in the room already."""


class TooLate(Exception):
    """It can't be undone any more: its time is over, a role changed since, or somebody else did it."""


def grant(room: Room, *, actor: Actor, email: str, role: Role, gesture: Gesture | None = None) -> Access:
    """Give a role to whoever has, or will have, this address. Raises HasAccess."""
    gesture = gesture or Gesture()
    user = account_service.person_to_be(email)
    if queries.of_user(room, user) is not None:
        raise HasAccess
    access = _open(room, user, role, actor.user_id, gesture.at)
    audit.record("access.grant", access, actor, person=str(user.id), role=role.value, pending=user.pending)
    telling.granted(access, actor, gesture)
    return access


def accept(room: Room, user: User, role: Role, *, inviter_id: uuid.UUID | None) -> Access:
    """Give somebody the role that came with an invitation; whoever invited them gave it."""
    gesture, actor = Gesture(), Actor.user(user)
    access = _open(room, user, role, inviter_id, gesture.at)
    audit.record("access.accept", access, actor, person=str(user.id), role=role.value)
    telling.accepted(access, actor, gesture)
    return access


def change(room: Room, access: Access, *, actor: Actor, role: Role) -> None:
    """Give somebody another role. Raises LastOwner."""
    if access.role is role:
        return
    before = access.role
    _keep_an_owner(room, access)
    gesture = Gesture()
    fresh = _replace(room, access, role, actor, gesture.at)
    audit.record("access.change", fresh, actor, person=str(access.user_id), role=role.value, before=before.value)
    telling.changed(access, actor, gesture)


def revoke(room: Room, access: Access, *, actor: Actor, gesture: Gesture | None = None) -> Undoable:
    """Take somebody's role away; mails wait until it can't be undone, without a gesture of one's own. Raises LastOwner.

    What it changed is returned, so that it can be undone.
    """
    gesture = gesture or Gesture(mails_after=telling.HELD)
    _keep_an_owner(room, access)
    _close(access, actor, gesture.at)
    audit.record("access.revoke", access, actor, person=str(access.user_id), role=access.role.value)
    telling.removed(access, actor, gesture)
    return Undoable(UndoKind.REVOKE, [], [access])


def leave(room: Room, access: Access, *, actor: Actor) -> Undoable:
    """Give one's own role back; what it changed is returned, so that it can be undone. Raises LastOwner."""
    _keep_an_owner(room, access)
    gesture = Gesture(mails_after=telling.HELD)
    _close(access, actor, gesture.at)
    audit.record("access.leave", access, actor, role=access.role.value)
    telling.removed(access, actor, gesture)
    return Undoable(UndoKind.LEAVE, [], [access])


def transfer(room: Room, access: Access, *, actor: Actor) -> Undoable | None:
    """Make somebody the only owner: those who owned the room stay as administrators. Raises CannotOwn.

    What it changed is returned, so that it can be undone; None: they were the only owner before.
    """
    if not policy.may_own(access.user):
        raise CannotOwn
    gesture = Gesture(mails_after=telling.HELD)
    closed = [owner for owner in queries.people(room) if owner.role is Role.OWNER and owner.id != access.id]
    opened = [_replace(room, owner, Role.ADMINISTRATOR, actor, gesture.at) for owner in closed]
    if access.role is not Role.OWNER:
        opened.insert(0, _replace(room, access, Role.OWNER, actor, gesture.at))
        closed.insert(0, access)
    room.version += 1
    audit.record("access.transfer", access, actor, person=str(access.user_id))
    if not opened:
        return None
    made = Undoable(UndoKind.TRANSFER, opened, closed)
    telling.transferred(access.user, made, actor, gesture)
    return made


def take_back(kind: UndoKind, key: uuid.UUID, *, actor: Actor) -> Undoable:
    """Give everybody the role back that a transfer, a removal or a leave of the actor's took. Raises TooLate.

    The same rows are open again: with their role, since when, and by whom. Roles that it opened were held for no time.
    Whoever owned the room owns it again, and nobody stops owning it but whom a transfer made its owner.
    """
    made = undo.undoable(kind, key, actor.user_id)
    if made is None:
        raise TooLate
    details = {"person": str(made.closed[0].user_id), "role": made.closed[0].role.value}
    if kind is UndoKind.TRANSFER:
        owner = next(access for access in queries.people(made.room) if access.role is Role.OWNER)
        details = {"person": str(owner.user_id)}
        made.room.version += 1
    for row in made.opened:
        row.revoked_at, row.revoked_by_id = row.granted_at, actor.user_id
    db.session.flush()  # the rows of before may be open only then
    for row in made.closed:
        row.revoked_at, row.revoked_by_id = None, None
    db.session.flush()
    telling.undone(made)
    audit.record(kind.value, made.closed[0], actor, **details)
    return made


def end_all(user: User, actor: Actor) -> None:
    """Take all roles of somebody who is forgotten, also where nobody else owns the room: its page says so before."""
    roles = _roles(user)
    db.session.execute(sa.select(Room.id).where(Room.id.in_(roles)).order_by(Room.id).with_for_update())
    at = Gesture().at
    for access in roles.values():
        access.revoked_at, access.revoked_by_id = at, actor.user_id
        audit.record("access.revoke", access, actor, person=str(user.id), role=access.role.value)
    db.session.flush()


def take_over_pending(user: User) -> None:
    """Give somebody what was granted to the address that is theirs by now, while nobody had signed in with it.

    Where they have a role of their own the higher one holds. The pending user, who had no more than that, is gone.
    """
    waiting = sa.select(User).where(User.email == user.email, User.sub.is_(None), User.disabled_at.is_(None))
    for pending in db.session.scalars(waiting.where(User.id != user.id)).all():
        granted = _roles(pending)
        db.session.execute(sa.select(Room.id).where(Room.id.in_(granted)).order_by(Room.id).with_for_update())
        own = _roles(user)
        for room_id, access in granted.items():
            _take_over(access, own.get(room_id), user)
        db.session.execute(sa.update(Access).where(Access.user_id == pending.id).values(user_id=user.id))
        mails.take_over_choices(pending, user)
        db.session.execute(sa.delete(User).where(User.id == pending.id))


def _take_over(granted: Access, own: Access | None, user: User) -> None:
    lower = granted if own is not None and queries.RANKS[own.role] <= queries.RANKS[granted.role] else own
    gesture = Gesture()
    if lower is not None:
        _close(lower, Actor.system(), gesture.at)
    if lower is not granted:
        details = {"person": str(user.id), "role": granted.role.value}
        audit.record("access.take_over", granted, Actor.system(), **details)
    if lower is not None and lower is own:
        telling.raised(own, gesture)


def _roles(user: User) -> dict[uuid.UUID, Access]:
    """The person's open roles by room."""
    rows = sa.select(Access).where(Access.user_id == user.id, queries.OPEN).order_by(Access.room_id)
    return {access.room_id: access for access in db.session.scalars(rows)}


def _keep_an_owner(room: Room, access: Access) -> None:
    if access.role is Role.OWNER and not queries.other_owners(room, access):
        raise LastOwner


def _replace(room: Room, access: Access, role: Role, actor: Actor, at: datetime) -> Access:
    """Close a role and open another at the same moment: there is none at which the person has neither, or both."""
    _close(access, actor, at)
    return _open(room, access.user, role, actor.user_id, at)


def _close(access: Access, actor: Actor, at: datetime) -> None:
    access.revoked_at, access.revoked_by_id = at, actor.user_id
    db.session.flush()  # the next row of this person may open only then


def _open(room: Room, user: User, role: Role, giver_id: uuid.UUID | None, at: datetime) -> Access:
    access = Access(id=new_id(), room_id=room.id, user_id=user.id, role=role, granted_at=at, granted_by_id=giver_id)
    access.user = user
    db.session.add(access)
    db.session.flush()
    return access
