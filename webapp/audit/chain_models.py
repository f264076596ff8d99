"""The chain over the trail: a seal for what each entry says, and the signed heads."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Keyed, Model, choice, partial_index, utcnow

OPENED = "audit_seals.part = 'opened'"  # in the index' own words


class SealPart(enum.Enum):
    """What of an entry a seal holds: all of it, or of one that LiveKit must do first the deed, then the outcome."""

    WHOLE = "whole"
    OPENED = "opened"
    SETTLED = "settled"


class ChainState(enum.Enum):
    """What can be said of the chain."""

    INTACT = "intact"
    UNSIGNED = "unsigned"  # it agrees with itself, which whoever rewrites all of it can have, too
    BROKEN = "broken"


class AuditSeal(Model):
    """One link of the chain. No foreign key: that an entry is missing is what it is there to tell.

    Where what people typed was forgotten, the salt is gone, too, and its commitments stand here instead.

    Its place in the chain is the order of sealing, not of ids: who began to write first may commit last.
    """

    __tablename__ = "audit_seals"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "part"),
        partial_index("ix_audit_seals_opened", "entry_id", where=OPENED.partition(".")[2]),
    )

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(sa.BigInteger)
    part: Mapped[SealPart] = mapped_column(choice(SealPart))
    salt: Mapped[str] = mapped_column(sa.String(32))  # of what people typed, see docs/audit-chain.md; empty: settled
    hash: Mapped[str] = mapped_column(sa.String(64))
    forgotten: Mapped[uuid.UUID | None]  # who was, in whose deed or about whose account it was typed
    reason_commitment: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    details_commitment: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")


class ChainHead(Model):
    """How far the chain went at a time, and its hash there; the last of each hour is kept."""

    __tablename__ = "audit_heads"

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(sa.String(64))
    sealed_at: Mapped[datetime] = mapped_column(default=utcnow)
    key_id: Mapped[str] = mapped_column(sa.String(16), default="")  # empty: there was no key
    signature: Mapped[str] = mapped_column(sa.String(88), default="")


class ChainAnchor(Model):
    """Up to where the oldest entries were deleted, and the chain's hash there: whoever follows it starts here.

    There is one at most, which is moved when more are deleted.
    """

    __tablename__ = "audit_anchors"

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(sa.String(64))
    pruned_at: Mapped[datetime] = mapped_column(default=utcnow)
    key_id: Mapped[str] = mapped_column(sa.String(16), default="")  # empty: there was no key
    signature: Mapped[str] = mapped_column(sa.String(88), default="")


class Verification(Keyed, Model):
    """One time that the whole chain was followed: how far it has come, and what was found."""

    __tablename__ = "audit_verifications"
    __table_args__ = (sa.Index("ix_audit_verifications_started_at", "started_at"),)

    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    told_at: Mapped[datetime] = mapped_column(default=utcnow)  # when it last said how far it is
    ended_at: Mapped[datetime | None]
    checked: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # seals
    total: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    state: Mapped[ChainState | None] = mapped_column(choice(ChainState))
    problem: Mapped[str] = mapped_column(sa.String(32), default="")  # what is wrong in a broken one: a code
    seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # and where
    entry_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class HeadOutlet(Model):
    """A place outside of the database that heads or entries are sent to: what it has, and how the last try ended."""

    __tablename__ = "audit_outlets"

    name: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    head: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the last one that it has, as a record
    hash: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")  # of entries: that of the last seal
    sent_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(sa.String(32), default="")
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[datetime | None]  # when the first of them was
