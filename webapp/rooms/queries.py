"""What is read of rooms."""

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.db import db
from webapp.rooms.models import Access, OldSlug, Room


def open_access(user: User) -> sa.ColumnElement[bool]:
    """The condition that joins a room to the user's open access."""
    return sa.and_(Access.room_id == Room.id, Access.user_id == user.id, Access.revoked_at.is_(None))


def visible_to(user: User) -> sa.Select[Room]:
    """The rooms that `policy.view` shows to the user."""
    rooms = sa.select(Room).where(Room.deleted_at.is_(None))
    return rooms if user.is_admin else rooms.join(Access, open_access(user))


def by_slug(slug: str, user: User | None = None, *, lock: bool = False) -> Room | None:
    """The room of a link, with the user's role remembered on it; `lock` holds its row until the commit."""
    return _one(Room.slug == slug, user, lock=lock)


def by_old_slug(slug: str, user: User | None = None) -> Room | None:
    """The room that had this link before."""
    renamed = sa.select(OldSlug.room_id).where(OldSlug.slug == slug).scalar_subquery()
    return _one(Room.id == renamed, user)


def _one(which: sa.ColumnElement[bool], user: User | None, *, lock: bool = False) -> Room | None:
    condition = open_access(user) if user is not None else sa.false()
    found = sa.select(Room, Access.role).outerjoin(Access, condition).where(which, Room.deleted_at.is_(None))
    if lock:
        found = found.with_for_update(of=Room).execution_options(populate_existing=True)
    row = db.session.execute(found).one_or_none()
    if row is None:
        return None
    room, role = row.tuple()
    if user is not None:
        room.remember_role(user, role)
    return room
