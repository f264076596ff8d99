"""Rooms, their old links, their PINs, and who may enter them.

`Access` stands here and not in its own feature because a room's policy reads roles; access/ holds its verbs and pages.
So does `Trunk`, because a room is assigned to one when it is made; LiveKit keeps the rest of it.
"""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, Versioned, choice, partial_index, utcnow


class AccessLevel(enum.Enum):
    """Who skips the lobby: everyone, anyone signed in, or only people with a role."""

    PUBLIC = "public"
    TRUSTED = "trusted"
    RESTRICTED = "restricted"


class Role(enum.Enum):
    """What somebody is in a room."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class Room(Keyed, Versioned, Model):
    """A durable room; its UUID is the name of the live room in LiveKit.

    `trunk_id` is LiveKit's id of the assigned trunk and the PIN's namespace; empty: no trunk, a namespace of its own.
    What stands under "as LiveKit has it" is written by reconciling alone. `version` grows with name, link, access
    level, the switches of phones and recordings, and a transfer: what people set on forms that two may have open at
    once.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        sa.ForeignKeyConstraint(["trunk_id", "pin"], ["phone_pins.trunk_id", "phone_pins.pin"], name="fk_rooms_pin"),
        sa.UniqueConstraint("trunk_id", "pin", name="uq_rooms_trunk_id_pin"),
        partial_index("ix_rooms_live", "live_since", where="live_since IS NOT NULL"),
        partial_index("ix_rooms_due", "reconcile_at", where="reconcile_at IS NOT NULL"),
        partial_index("ix_rooms_old_pin", "old_pin_until", where="old_pin_until IS NOT NULL"),
        sa.Index("ix_rooms_last_used_at_id", "last_used_at", "id"),
        sa.Index("ix_rooms_name_id", "name", "id"),
    )

    name: Mapped[str] = mapped_column(sa.String(500))
    slug: Mapped[str] = mapped_column(sa.String(100), unique=True)
    access_level: Mapped[AccessLevel] = mapped_column(choice(AccessLevel), default=AccessLevel.RESTRICTED)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]
    members_may_watch: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # the room's recordings

    phone_enabled: Mapped[bool] = mapped_column(default=True)
    hide_phone_number: Mapped[bool] = mapped_column(default=True)
    trunk_id: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    pin: Mapped[str | None] = mapped_column(sa.String(16))

    # as LiveKit has it
    sip_dispatch_rule_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    rule_fingerprint: Mapped[str] = mapped_column(default="")  # what the rule said when LiveKit took it
    rule_changed_at: Mapped[datetime | None]
    rule_problem: Mapped[str] = mapped_column(default="")  # why LiveKit has not followed; empty: it has
    reconcile_at: Mapped[datetime | None]  # LiveKit may not agree: the sweep looks from then on
    live_since: Mapped[datetime | None]
    live_sid: Mapped[str] = mapped_column(default="")
    web_count: Mapped[int] = mapped_column(default=0)
    phone_count: Mapped[int] = mapped_column(default=0)
    last_event_at: Mapped[datetime | None]  # createdAt of the newest hook applied

    # the PIN that still works beside the new one, for a while, after a rotation with overlap
    old_pin: Mapped[str | None] = mapped_column(sa.String(16))
    old_pin_until: Mapped[datetime | None]
    old_sip_dispatch_rule_id: Mapped[str | None] = mapped_column(sa.String(64))
    old_rule_fingerprint: Mapped[str] = mapped_column(default="", server_default="")

    queue_version: Mapped[int] = mapped_column(default=0)  # grows with every change of the lobby queue

    accesses: Mapped[list["Access"]] = relationship(
        primaryjoin=lambda: sa.and_(Room.id == Access.room_id, is_open(Access)), viewonly=True, lazy="raise"
    )

    @property
    def live(self) -> bool:
        """People are inside."""
        return self.live_since is not None

    @property
    def overlap(self) -> str:
        """What tells the time in which two PINs work from each other such time; empty when one works alone."""
        return self.old_pin_until.isoformat() if self.old_pin and self.old_pin_until else ""

    def role_of(self, user: User) -> "Role | None":
        """The user's role, as it was loaded together with the room.

        Raises LookupError when it was not: policies never query.
        """
        known: dict[uuid.UUID, Role | None] = self.__dict__.get("known_roles", {})
        if user.id not in known:
            raise LookupError("the room was loaded without this person's role")
        return known[user.id]

    def remember_role(self, user: User, role: "Role | None") -> None:
        """Keep the role that a query read beside the room; not stored."""
        self.__dict__.setdefault("known_roles", {})[user.id] = role


class OldSlug(Model):
    """A link that a room had before; it redirects."""

    __tablename__ = "old_slugs"

    slug: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class LevelChange(Keyed, Model):
    """A room's access level became another one; before the first of them it was what the first one says it was."""

    __tablename__ = "level_changes"
    __table_args__ = (sa.Index("ix_level_changes_room_id_at", "room_id", "at"),)

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    before: Mapped[AccessLevel] = mapped_column(choice(AccessLevel))
    after: Mapped[AccessLevel] = mapped_column(choice(AccessLevel))
    changed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))


class PhonePin(Model):
    """A PIN that is taken on a trunk: by a room (no `blocked_until`), or quarantined until then.

    The primary key is the constraint that makes PINs unique; a room's PIN refers to it.
    """

    __tablename__ = "phone_pins"
    __table_args__ = (sa.CheckConstraint("ltrim(pin, '0123456789') = ''", name="digits"),)

    trunk_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    pin: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    room_id: Mapped[uuid.UUID] = mapped_column(index=True)  # no foreign key: inserted before its room is
    assigned_at: Mapped[datetime] = mapped_column(default=utcnow)
    blocked_until: Mapped[datetime | None] = mapped_column(index=True)


class RoomCallback(Model):
    """A window that waits to fetch the room it asked for; its id is kept as SHA-256."""

    __tablename__ = "room_callbacks"

    callback_hash: Mapped[str] = mapped_column(primary_key=True)
    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TrunkRow(Model):
    """Our side of a LiveKit inbound trunk: open to new rooms or not, its name when LiveKit is away, its guard rule."""

    __tablename__ = "trunks"

    sip_trunk_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")  # first called number, shown with a room's PIN
    assignable: Mapped[bool] = mapped_column(default=True)
    room_count: Mapped[int] = mapped_column(default=0)  # kept by room creation, so that choosing a trunk costs no count
    guard_rule_id: Mapped[str | None] = mapped_column(sa.String(64))
    guard_problem: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)
    gone_at: Mapped[datetime | None]  # LiveKit no longer lists it

    @property
    def takes_rooms(self) -> bool:
        """An admin opened it, and LiveKit had it when it was last asked."""
        return self.assignable and self.gone_at is None


TAKES_ROOMS = sa.and_(TrunkRow.assignable, TrunkRow.gone_at.is_(None))  # as `TrunkRow.takes_rooms` says of one


class Access(Keyed, Model):
    """A person's role in a room, from when to when; closed, never deleted."""

    __tablename__ = "accesses"
    __table_args__ = (
        partial_index("uq_accesses_open", "room_id", "user_id", where="revoked_at IS NULL", unique=True),
        partial_index("ix_accesses_user_id_room_id", "user_id", "room_id", where="revoked_at IS NULL"),
        sa.Index("ix_accesses_room_and_user", "room_id", "user_id"),
        sa.Index("ix_accesses_user_and_room", "user_id", "room_id"),
        sa.Index("ix_accesses_granted_at", "granted_at"),
        partial_index("ix_accesses_revoked_at", "revoked_at", where="revoked_at IS NOT NULL"),
    )

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(choice(Role))
    granted_at: Mapped[datetime] = mapped_column(default=utcnow)
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")
    granted_by: Mapped[User | None] = relationship(foreign_keys=[granted_by_id], lazy="raise")
    revoked_by: Mapped[User | None] = relationship(foreign_keys=[revoked_by_id], lazy="raise")
    room: Mapped[Room] = relationship(lazy="raise")


def is_open(access: Any) -> sa.ColumnElement[bool]:
    """The condition of roles that people have now; of `Access`, an alias of it, or its table's columns."""
    condition: sa.ColumnElement[bool] = access.revoked_at.is_(None)
    return condition
