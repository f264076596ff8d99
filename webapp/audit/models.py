"""The trail of deeds."""

import enum
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Model, choice, partial_index, utcnow

if TYPE_CHECKING:
    from webapp.accounts.models import User


ABOUT_PEOPLE = "target_kind = 'user' AND action NOT IN ('user.sign_in', 'user.sign_out')"  # those are by the person
REVEALED = "action IN ('room.reveal_pin', 'room.reveal_participant')"  # in the index' own words
REQUESTED = "request_id <> ''"  # the same
WHOLE_ADDRESS = "address <> '' AND length(replace(address, '/', '')) = length(address)"  # a network has a stroke


class ActorKind(enum.Enum):
    """Who can do something."""

    USER = "user"
    GUEST = "guest"
    LIVEKIT = "livekit"
    SYSTEM = "system"


class DeedOutcome(enum.Enum):
    """What became of a deed. Most are done with their entry; one that LiveKit must do is not confirmed until it was."""

    DONE = "done"
    NOT_CONFIRMED = "not_confirmed"
    FAILED = "failed"


class Origin(enum.Enum):
    """By what way a deed was asked for."""

    PAGE = "page"
    COMMAND = "command"
    JOB = "job"
    HOOK = "hook"


class AuditEntry(Model):
    """One deed; `details` names fields and counts, never a PIN, a number or an address.

    What is written stays as it is, for the chain holds it; of a deed that LiveKit must do, the outcome follows. What
    people typed goes when the person is forgotten, and the address is shortened: neither breaks the chain.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_room_id_id", "room_id", "id"),
        sa.Index("ix_audit_entries_action_id", "action", "id"),
        sa.Index("ix_audit_entries_user_id_id", "user_id", "id"),
        partial_index("ix_audit_entries_revealed", "id", where=REVEALED),
        partial_index("ix_audit_entries_about_people", "target_id", "id", where=ABOUT_PEOPLE),
        partial_index("ix_audit_entries_request_id", "request_id", "id", where=REQUESTED),
        partial_index("ix_audit_entries_whole_address", "at", "id", where=WHOLE_ADDRESS),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
    actor: Mapped[ActorKind] = mapped_column(choice(ActorKind))
    user_id: Mapped[uuid.UUID | None]  # no foreign key: an account that goes changes no entry
    action: Mapped[str]  # such as room.rotate_pin
    target_kind: Mapped[str]  # such as room
    target_id: Mapped[str]
    room_id: Mapped[uuid.UUID | None]  # no foreign key: the trail outlives what it tells of
    reason: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(default="")
    outcome: Mapped[DeedOutcome] = mapped_column(choice(DeedOutcome), default=DeedOutcome.DONE, server_default="done")
    problem: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")  # why it failed: a code
    origin: Mapped[Origin | None] = mapped_column(choice(Origin))  # None: written before it was kept
    request_id: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")

    user: Mapped["User | None"] = relationship(
        primaryjoin="foreign(AuditEntry.user_id) == User.id", lazy="raise", viewonly=True
    )


class Intent(Model):
    """A deed whose outcome is open: a small table beside the long trail, so that the sweep finds it at once.

    `sought` tells by what LiveKit shows whether it was done: somebody's sid, the session's, a trunk's version.
    """

    __tablename__ = "intents"

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("audit_entries.id", ondelete="CASCADE"), primary_key=True)
    sought: Mapped[str]


class Beginning(Model):
    """Since when dated rows of a kind are kept, where the installation is older than they are."""

    __tablename__ = "beginnings"

    what: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
