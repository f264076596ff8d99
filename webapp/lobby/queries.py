"""What is read of the lobby: a guest's own request, and who waits for whom."""

import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from webapp.accounts.models import User
from webapp.core.db import db
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.lobby.silence import silent_since
from webapp.rooms.models import Access, Room, is_open
from webapp.rooms.policy import HOSTS
from webapp.rooms.queries import open_access


def waits() -> sa.ColumnElement[bool]:
    """The condition of those who wait and are still there."""
    here = sa.or_(Entry.kind == EntryKind.PHONE, Entry.polled_at > silent_since())
    return sa.and_(Entry.status == Status.WAITING, here)


def hosted_by(user: User) -> sa.ColumnElement[bool]:
    """The condition of rooms joined to Access that the user hosts; admins have no more rooms here than others."""
    mine = sa.and_(Access.user_id == user.id, is_open(Access), Access.role.in_(list(HOSTS)))
    return sa.and_(mine, Room.deleted_at.is_(None))


def of_guest(slug: str, bearer_hashes: Collection[str], user: User | None) -> Entry | None:
    """The newest request that a browser made for the room of a link: one query, room and the user's role with it."""
    if not bearer_hashes:
        return None
    mine = open_access(user) if user is not None else sa.false()
    entries = (
        sa.select(Entry, Access.role)
        .join(Entry.room)
        .outerjoin(Access, mine)
        .where(Entry.bearer_hash.in_(bearer_hashes), Room.slug == slug, Room.deleted_at.is_(None))
        .options(contains_eager(Entry.room))
        .order_by(Entry.id.desc())
        .limit(1)
    )
    row = db.session.execute(entries.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    entry, role = row
    if user is not None:
        entry.room.remember_role(user, role)
    return entry


def of_host(entry_id: uuid.UUID, user: User) -> Entry | None:
    """A request with its room, the user's role in it, and who decided."""
    entries = (
        sa.select(Entry, Access.role)
        .join(Entry.room)
        .outerjoin(Access, open_access(user))
        .outerjoin(Entry.decided_by)
        .where(Entry.id == entry_id, Room.deleted_at.is_(None))
        .options(contains_eager(Entry.room), contains_eager(Entry.decided_by))
    )
    row = db.session.execute(entries.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    entry, role = row
    entry.room.remember_role(user, role)
    return entry


def by_ids(ids: Collection[uuid.UUID]) -> Sequence[Entry]:
    """These requests, as far as they are kept."""
    return db.session.scalars(sa.select(Entry).where(Entry.id.in_(ids))).all()


def waiting_count(user: User) -> int:
    """How many wait in all rooms that the user hosts."""
    waiting = sa.select(sa.func.count()).select_from(Access).join(Room, Room.id == Access.room_id)
    return db.session.scalar(waiting.join(Entry, Entry.room_id == Room.id).where(hosted_by(user), waits())) or 0


def waiting_by_kind(user: User) -> dict[EntryKind, int]:
    """How many wait in all rooms that the user hosts, by how they came."""
    waiting = sa.select(Entry.kind, sa.func.count()).select_from(Access).join(Room, Room.id == Access.room_id)
    waiting = waiting.join(Entry, Entry.room_id == Room.id).where(hosted_by(user), waits()).group_by(Entry.kind)
    return dict.fromkeys(EntryKind, 0) | dict(db.session.execute(waiting).all())


def waiting_counts(room_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many wait in each of these rooms; rooms where nobody waits are left out."""
    waiting = sa.select(Entry.room_id, sa.func.count()).where(Entry.room_id.in_(room_ids), waits())
    return dict(db.session.execute(waiting.group_by(Entry.room_id)).all())
