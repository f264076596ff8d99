"""What is read of rooms."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.rooms import slugs
from webapp.rooms.models import Access, OldSlug, PhonePin, Room, TrunkRow, is_open

# The same as `open_access`, for statements on the tables that find the user themselves.
_accesses = Access.__table__.c
ROLE_IN_ROOM = sa.and_(
    _accesses.room_id == Room.__table__.c.id, _accesses.user_id == User.__table__.c.id, is_open(_accesses)
)


def open_access(user: User) -> sa.ColumnElement[bool]:
    """The condition that joins a room to the user's open access."""
    return sa.and_(Access.room_id == Room.id, Access.user_id == user.id, is_open(Access))


def visible_to(user: User) -> sa.Select[Room]:
    """The rooms that `policy.view` shows to the user."""
    rooms = sa.select(Room).where(Room.deleted_at.is_(None))
    return rooms if user.is_admin else rooms.join(Access, open_access(user))


def slug_in(words: str) -> str:
    """The link that the words may be, or the end of the address that somebody pasted."""
    return words.rstrip("/").rsplit("/", 1)[-1].lower()


def named_like(words: str) -> sa.ColumnElement[bool]:
    """Part of the name, or the beginning of the link; also a whole link that was pasted."""
    slug = slug_in(words)
    return Room.name.icontains(words, autoescape=True) | Room.slug.startswith(slug, autoescape=True)


def ever_named_like(words: str) -> sa.ColumnElement[bool]:
    """As `named_like`, or a link that the room had before."""
    had = sa.select(OldSlug.room_id).where(OldSlug.slug == slug_in(words))
    return named_like(words) | Room.id.in_(had)


def by_slug(slug: str, user: User | None = None, *, lock: bool = False) -> Room | None:
    """The room of a link, with the user's role remembered on it; `lock` holds its row until the commit."""
    return _one(Room.slug == slug, user, lock=lock)


def by_old_slug(slug: str, user: User | None = None) -> Room | None:
    """The room that had this link before."""
    renamed = sa.select(OldSlug.room_id).where(OldSlug.slug == slug).scalar_subquery()
    return _one(Room.id == renamed, user)


def by_typed_slug(typed: str, user: User | None = None) -> Room | None:
    """The room of a link that was retyped or set anew on its way, also of one that it had before."""
    for slug in slugs.as_meant(typed):
        room = by_slug(slug, user) or by_old_slug(slug, user)
        if room is not None:
            return room
    return None


def _one(which: sa.ColumnElement[bool], user: User | None, *, lock: bool = False) -> Room | None:
    condition = open_access(user) if user is not None else sa.false()
    rooms = sa.select(Room, Access.role).outerjoin(Access, condition).where(which, Room.deleted_at.is_(None))
    if lock:
        # first the lock, then the role: what PostgreSQL joins to a row it waited for is as old as the question
        db.session.execute(sa.select(Room.id).where(which).with_for_update())
        rooms = rooms.execution_options(populate_existing=True)
    row = db.session.execute(rooms).one_or_none()
    if row is None:
        return None
    room, role = row
    if user is not None:
        room.remember_role(user, role)
    return room


def slug_taken(slug: str) -> bool:
    """Tell whether a room has this link, or had it before; a deleted room keeps its link."""
    has = sa.select(Room.id).where(Room.slug == slug)
    had = sa.select(OldSlug.room_id).where(OldSlug.slug == slug)
    return bool(db.session.scalar(sa.select(has.exists() | had.exists())))


def trunk_of(room: Room) -> TrunkRow | None:
    """The trunk that the room is assigned to."""
    return db.session.get(TrunkRow, room.trunk_id) if room.trunk_id else None


def deleted(slug: str, user: User) -> Room | None:
    """The deleted room of a link, with the role that the user had in it to the end."""
    to_the_end = is_open(Access) | (Access.revoked_at == Room.deleted_at)
    theirs = sa.and_(Access.room_id == Room.id, Access.user_id == user.id, to_the_end)
    rooms = (
        sa.select(Room, Access.role).outerjoin(Access, theirs).where(Room.slug == slug, Room.deleted_at.is_not(None))
    )
    row = db.session.execute(rooms).one_or_none()
    if row is None:
        return None
    row.Room.remember_role(user, row.role)
    return row.Room  # type: ignore[no-any-return]


@dataclass(frozen=True)
class PinTimes:
    """Since when a room has its PIN, and when the quarantine of its newest old one ends."""

    assigned_at: datetime | None
    blocked_until: datetime | None

    @property
    def version(self) -> str:
        """What changes with the PIN and tells nothing of it; empty without a PIN."""
        return self.assigned_at.isoformat() if self.assigned_at else ""


def reread(room: Room) -> Room:
    """The room as the database has it now."""
    return db.session.get_one(Room, room.id, populate_existing=True)


def pin_times(room: Room) -> PinTimes:
    """When the room's PINs came and go."""
    times = sa.select(sa.func.max(PhonePin.assigned_at), sa.func.max(PhonePin.blocked_until))
    assigned_at, until = db.session.execute(times.where(PhonePin.room_id == room.id)).one()
    return PinTimes(assigned_at if room.pin else None, until if until is not None and until > utcnow() else None)


def names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str, bool]]:
    """Name, link and whether it is deleted of each of these rooms."""
    if not ids:
        return {}
    rows = db.session.execute(sa.select(Room.id, Room.name, Room.slug, Room.deleted_at).where(Room.id.in_(ids)))
    return {row.id: (row.name, row.slug, row.deleted_at is not None) for row in rows}


def titles(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these rooms are called, deleted ones too."""
    return {key: name for key, (name, _slug, _gone) in names(ids).items()}


def exactly(words: str) -> list[uuid.UUID]:
    """The rooms with exactly this link, now or before, or else this name; deleted ones too, and three at most."""
    slug = slug_in(words)
    renamed = sa.select(OldSlug.room_id).where(OldSlug.slug == slug)
    linked = sa.select(Room.id).where(sa.or_(Room.slug == slug, Room.id.in_(renamed)))
    found = db.session.scalars(linked.limit(1)).all() or db.session.scalars(
        sa.select(Room.id).where(Room.name == words).limit(3)
    )
    return list(found)


@dataclass(frozen=True)
class Fill:
    """How many PINs of a trunk are taken: by rooms, and by quarantine."""

    used: int = 0
    quarantined: int = 0


def trunk_rows() -> dict[str, TrunkRow]:
    """Every trunk we know, gone ones too, by LiveKit's id."""
    return {row.sip_trunk_id: row for row in db.session.scalars(sa.select(TrunkRow))}


def trunk_names(ids: Collection[str]) -> dict[str, tuple[str, bool]]:
    """Name and whether it is gone of each of these trunks."""
    rows = db.session.execute(
        sa.select(TrunkRow.sip_trunk_id, TrunkRow.name, TrunkRow.gone_at).where(TrunkRow.sip_trunk_id.in_(ids))
    )
    return {key: (name, gone_at is not None) for key, name, gone_at in rows}


def rules(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Name and link of the room of each of these dispatch rules that is a room's now."""
    rows = db.session.execute(
        sa.select(Room.sip_dispatch_rule_id, Room.name, Room.slug).where(Room.sip_dispatch_rule_id.in_(ids))
    )
    return {key: (name, slug) for key, name, slug in rows if key}


def trunk_row(trunk_id: str) -> TrunkRow | None:
    """One trunk of ours, for a change: its row is locked until the commit, and as new as the lock."""
    return db.session.get(TrunkRow, trunk_id, with_for_update=True, populate_existing=True)


def pin_fill(trunk_id: str = "") -> dict[str, Fill]:
    """The fill of one trunk, or of all."""
    quarantined = sa.func.count(PhonePin.blocked_until)
    counted = sa.select(PhonePin.trunk_id, sa.func.count() - quarantined, quarantined).group_by(PhonePin.trunk_id)
    if trunk_id:
        counted = counted.where(PhonePin.trunk_id == trunk_id)
    return {trunk: Fill(used, blocked) for trunk, used, blocked in db.session.execute(counted)}


def pin_holder(trunk_id: str, pin: str) -> tuple[Room, bool] | None:
    """The room that has this PIN on the trunk, and whether the PIN is one it had before; None for nobody's."""
    held = sa.select(Room, PhonePin.blocked_until).join(PhonePin, PhonePin.room_id == Room.id)
    row = db.session.execute(held.where(PhonePin.trunk_id == trunk_id, PhonePin.pin == pin)).one_or_none()
    return None if row is None or row[0].deleted_at else (row[0], row[1] is not None)
