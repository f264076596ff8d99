"""What a mail about roles is about, read from the rows when it goes: it may have lost its reason meanwhile."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.access import queries, telling
from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.core.db import db
from webapp.mails.kinds import Unwanted
from webapp.mails.models import Mail, MailState
from webapp.rooms.models import Access, Role, Room, is_open

OWNERS = 5  # who are named at most
TOLD = frozenset({MailState.SENDING, MailState.SENT})  # as far as anybody knows


@dataclass(frozen=True)
class RoleNews:
    """Who did what to whom, and which roles it was about; None: nobody, none, or not the same for all."""

    kind: str
    room: Room
    at: datetime
    by: User | None
    people: Sequence[User]
    before: Role | None
    after: Role | None
    owners: Sequence[User] = ()  # who own the room instead of whoever is told that they don't any more


def read(kind: str, about_id: uuid.UUID | None, reader: User) -> RoleNews:
    """What there is to tell the reader of it now. Raises Unwanted."""
    row = stored(about_id)
    if row is None or row.room.deleted_at is not None:
        raise Unwanted("room_gone")
    if kind == telling.TRANSFERRED:
        return _transferred(row, reader)
    is_theirs = row.user_id == reader.id
    if not is_theirs and _role_now(row.room_id, reader.id) is not Role.OWNER:
        raise Unwanted("no_owner")
    if kind == telling.CHANGED:
        return _changed(row, reader, for_person=is_theirs)
    return _removed(row, alone=is_theirs) if kind == telling.REMOVED else _granted(kind, row, alone=is_theirs)


def stored(about_id: uuid.UUID | None) -> Access | None:
    """The role, with its room and whoever had to do with it."""
    found = sa.select(Access).where(Access.id == about_id).options(joinedload(Access.room), *_people())
    return db.session.scalar(found.execution_options(populate_existing=True))


def _people() -> Sequence[sa.orm.interfaces.ORMOption]:
    return joinedload(Access.user), joinedload(Access.granted_by), joinedload(Access.revoked_by)


def _granted(kind: str, row: Access, *, alone: bool) -> RoleNews:
    """The roles that were given together and still hold."""
    given = sa.select(Access).where(Access.room_id == row.room_id, Access.granted_at == row.granted_at, queries.OPEN)
    rows = _rows(given, row, alone=alone)
    return RoleNews(kind, row.room, row.granted_at, row.granted_by, [each.user for each in rows], None, _same(rows))


def _removed(row: Access, *, alone: bool) -> RoleNews:
    """The roles that ended together, of people who have none in the room now."""
    if row.revoked_at is None:
        raise Unwanted("changed")
    now = sa.select(Access.user_id).where(Access.room_id == row.room_id, queries.OPEN)
    ended = sa.select(Access).where(Access.room_id == row.room_id, Access.revoked_at == row.revoked_at)
    rows = _rows(ended.where(Access.user_id.not_in(now)), row, alone=alone)
    people = [each.user for each in rows]
    return RoleNews(telling.REMOVED, row.room, row.revoked_at, row.revoked_by, people, _same(rows), None)


def _changed(row: Access, reader: User, *, for_person: bool) -> RoleNews:
    """The role that the reader knows of last, and the one that the person has instead.

    Of several changes within seconds the newest tells alone; of a role that is news itself, that it was given.
    """
    mine = sa.select(Access).where(Access.room_id == row.room_id, Access.user_id == row.user_id, queries.OPEN)
    now = db.session.scalar(mine.options(*_people()))
    if row.revoked_at is None or now is None or now.granted_at > row.revoked_at:
        raise Unwanted("changed")
    before = _known(row, reader, for_person=for_person)
    if before is now.role:
        raise Unwanted("changed")
    if before is None:
        return RoleNews(telling.GRANTED, row.room, now.granted_at, now.granted_by, [row.user], None, now.role)
    lost = for_person and before is Role.OWNER
    owners = _owners(row.room_id) if lost else ()
    by = row.revoked_by or now.granted_by  # nobody closes a role that a higher one replaces at the first sign-in
    return RoleNews(telling.CHANGED, row.room, row.revoked_at, by, [row.user], before, now.role, owners)


def _known(row: Access, reader: User, *, for_person: bool) -> Role | None:
    """The role before the first of the steps up to `row` that the reader was not told of; None: there was none."""
    told_by = Mail.user_id == reader.id
    theirs = sa.or_(told_by, Mail.user_id.is_(None)) if for_person else told_by
    while True:
        steps = sa.select(Access).where(Access.room_id == row.room_id, Access.user_id == row.user_id)
        earlier = db.session.scalar(steps.where(Access.revoked_at == row.granted_at, Access.id != row.id))
        opened = sa.and_(Mail.about_id == row.id, Mail.kind.in_([telling.GRANTED, telling.TRANSFERRED]))
        closed = sa.and_(Mail.about_id == earlier.id, Mail.kind == telling.CHANGED) if earlier else sa.false()
        mails = db.session.scalars(sa.select(Mail.state).where(theirs, sa.or_(opened, closed))).all()
        if not mails or TOLD.intersection(mails):
            return row.role
        if earlier is None:
            return None
        row = earlier


def _transferred(row: Access, reader: User) -> RoleNews:
    """That the reader owns the room; `row` is one that the transfer opened."""
    if row.revoked_at is not None or _role_now(row.room_id, reader.id) is not Role.OWNER:
        raise Unwanted("changed")
    closed = sa.select(Access.role).where(Access.room_id == row.room_id, Access.user_id == reader.id)
    before = db.session.scalar(closed.where(Access.revoked_at == row.granted_at))
    told = (telling.TRANSFERRED, row.room, row.granted_at, row.granted_by)
    return RoleNews(*told, [reader], before or Role.OWNER, Role.OWNER)


def _rows(found: sa.Select[Access], row: Access, *, alone: bool) -> Sequence[Access]:
    mine = found.where(Access.id == row.id) if alone else found
    rows = db.session.scalars(mine.order_by(Access.id).options(*_people())).all()
    if not rows:
        raise Unwanted("changed")
    return rows


def _same(rows: Sequence[Access]) -> Role | None:
    """The role that all of them are."""
    return rows[0].role if len({row.role for row in rows}) == 1 else None


def _role_now(room_id: uuid.UUID, user_id: uuid.UUID) -> Role | None:
    mine = sa.select(Access.role).where(Access.room_id == room_id, Access.user_id == user_id, is_open(Access))
    return db.session.scalar(mine)


def _owners(room_id: uuid.UUID) -> Sequence[User]:
    owners = sa.select(User).join(Access, Access.user_id == User.id)
    mine = owners.where(Access.room_id == room_id, is_open(Access), Access.role == Role.OWNER, ABLE)
    return db.session.scalars(mine.order_by(Access.granted_at, Access.id).limit(OWNERS)).all()
