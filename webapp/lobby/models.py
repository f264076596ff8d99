"""Guests who ask to enter."""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, partial_index, utcnow
from webapp.rooms.models import Room

UNDO = timedelta(seconds=10)  # in which a denial can be taken back, and the guest does not hear of it


class Status(enum.Enum):
    """Where a request stands; only waiting ones can still be decided."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DENIED = "denied"
    LEFT = "left"
    EXPIRED = "expired"


class EntryKind(enum.Enum):
    """How somebody wants to enter."""

    WEB = "web"
    PHONE = "phone"


class Entry(Keyed, Model):
    """One guest's request; its id is public, the guest is known by the bearer in a cookie, kept here as SHA-256."""

    __tablename__ = "lobby_entries"
    __table_args__ = (
        partial_index("ix_lobby_entries_waiting", "room_id", "id", where="status = 'waiting'"),
        partial_index("ix_lobby_entries_decided", "room_id", "decided_at", where="decided_at IS NOT NULL"),
    )

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"))
    bearer_hash: Mapped[str] = mapped_column(unique=True)
    identity: Mapped[str]  # the LiveKit identity once inside
    name: Mapped[str] = mapped_column(sa.String(256))
    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind), default=EntryKind.WEB)
    status: Mapped[Status] = mapped_column(choice(Status), default=Status.WAITING)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
    polled_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_at: Mapped[datetime | None]  # when it stopped waiting, whoever or whatever ended that
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    sip_call_id: Mapped[str | None] = mapped_column(
        sa.String(128), unique=True
    )  # a caller's call; `name` is what hosts may see of the caller
    asked_from: Mapped[str] = mapped_column(sa.String(32), default="", server_default="")  # "": signed in
    network: Mapped[str] = mapped_column(sa.String(32), default="", server_default="")
    end_reason: Mapped[str] = mapped_column(default="", server_default="")  # why they wait no more, in LiveKit's word
    # A call for which LiveKit ended another one of the same number.
    ended_another: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    room: Mapped[Room] = relationship(lazy="raise")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="raise")

    @property
    def ending(self) -> str:
        """The last two digits of a caller's number; empty for others, and where there is no number."""
        return self.name if self.kind is EntryKind.PHONE and self.name.isascii() and self.name.isdecimal() else ""

    @property
    def undoable(self) -> bool:
        """A denial can still be taken back; that of a caller has hung up."""
        fresh = self.decided_at is not None and self.decided_at > utcnow() - UNDO
        return self.status is Status.DENIED and fresh and self.kind is EntryKind.WEB


class RefusedAddress(Model):
    """How many requests for a room were refused from one address, until a host clears it or an hour is over."""

    __tablename__ = "lobby_refusals"

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    asked_from: Mapped[str] = mapped_column(sa.String(32), primary_key=True)  # "": many addresses together
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=utcnow)

    room: Mapped[Room] = relationship(lazy="raise")
