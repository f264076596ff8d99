"""Invitations, whom they are for, and each mail that somebody asked for."""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, utcnow
from webapp.rooms.models import Role, Room

OFFERED = timedelta(days=30)  # how long a role waits, from the meeting's end or the day of the invitation


class Errand(enum.Enum):
    """What a mail of an invitation does."""

    INVITE = "invite"
    MOVE = "move"  # its time has changed
    UPDATE = "update"  # the PIN has changed
    CANCEL = "cancel"


class Invitation(Keyed, Model):
    """What somebody invited people to: a room, perhaps at a time, perhaps with a role for those who sign in.

    The page that sends it chooses its id, so that what is sent twice is one invitation.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        sa.Index("ix_invitations_room_id_id", "room_id", "id"),
        sa.Index("ix_invitations_inviter_id", "inviter_id"),
    )

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    inviter_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    message: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(sa.String(16))  # for those whose own is not known
    timezone: Mapped[str] = mapped_column(sa.String(64))  # likewise
    begins_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    role: Mapped[Role | None] = mapped_column(choice(Role))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    room: Mapped[Room] = relationship(lazy="raise")
    inviter: Mapped[User | None] = relationship(lazy="raise")

    @property
    def offer_ended(self) -> bool:
        """Its role waits no longer for somebody to sign in."""
        return (self.ends_at or self.created_at) + OFFERED <= utcnow()

    @property
    def is_over(self) -> bool:
        """Its meeting has ended."""
        return self.ends_at is not None and self.ends_at <= utcnow()


class Invitee(Keyed, Model):
    """One address of an invitation; `sequence` grows with what calendars have to change (RFC 5545, 3.8.7.4)."""

    __tablename__ = "invitees"
    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "email", name="uq_invitees_invitation_id_email"),
        sa.Index("ix_invitees_room_id_id", "room_id", "id"),
        sa.Index("ix_invitees_email", "email"),
    )

    invitation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invitations.id", ondelete="CASCADE"))
    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(sa.String(320))  # lower case
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    withdrawn_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]  # they signed in and have the role

    invitation: Mapped[Invitation] = relationship(lazy="raise")


class InvitationMail(Keyed, Model):
    """A mail that somebody asked for; its state is that of the `Mail` about it."""

    __tablename__ = "invitation_mails"
    __table_args__ = (
        sa.Index("ix_invitation_mails_invitee_id_id", "invitee_id", "id"),
        sa.Index("ix_invitation_mails_room_id_created_at", "room_id", "created_at"),
        sa.Index("ix_invitation_mails_asked_by_id_created_at", "asked_by_id", "created_at"),
    )

    invitee_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invitees.id", ondelete="CASCADE"))
    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    errand: Mapped[Errand] = mapped_column(choice(Errand))
    pin_version: Mapped[str] = mapped_column(default="")  # of the PIN that it may hold; "": none
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    invitee: Mapped[Invitee] = relationship(lazy="raise")
    asked_by: Mapped[User | None] = relationship(lazy="raise")


class StoppedAddress(Model):
    """An address without an account that wants no invitations; known again by its hash alone."""

    __tablename__ = "stopped_addresses"

    address_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
