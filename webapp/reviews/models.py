"""Campaigns: what was frozen at their start, who answers for it, what was decided, and how it ended.

Rows of a campaign name rooms, roles and people without foreign keys, and keep what those were called: the evidence
outlives what it tells of, and reads the same on every day.
"""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, partial_index, utcnow
from webapp.rooms.models import Role

NOTICE = timedelta(days=7)  # before people lose access because nobody confirmed it
LEAD = NOTICE + timedelta(days=1)  # before the end, when people are told, so that the last of them still have a week
REST = timedelta(days=1)  # between two reminders of one owner


class CampaignState(enum.Enum):
    """How far a campaign is."""

    STARTING = "starting"  # its lines are being frozen
    OPEN = "open"  # owners decide
    CLOSING = "closing"  # what was not checked is listed, or removed
    CLOSED = "closed"


class AtEnd(enum.Enum):
    """What becomes of roles that nobody checked."""

    KEEP = "keep"
    REMOVE = "remove"


class LineOutcome(enum.Enum):
    """What became of one person's role in one room."""

    OPEN = "open"  # an owner has yet to look at it
    NOT_ASKED = "not_asked"  # of the room's only owner, who answers for it
    CONFIRMED = "confirmed"
    REMOVED = "removed"  # by whoever checked it
    GONE = "gone"  # the person had no role there any more, or the room was deleted
    LEFT_OPEN = "left_open"  # nobody checked it: the role stays
    EXPIRED = "expired"  # nobody checked it: the role was removed at the end
    CAME = "came"  # a role that was given after the start


class DecisionKind(enum.Enum):
    """What somebody decided about a line."""

    CONFIRM = "confirm"
    REMOVE = "remove"
    UNDO = "undo"  # of a confirmation


class Campaign(Keyed, Model):
    """One review of many roles, frozen as they were when it was started.

    `after` is the key up to which the work of its state has come, and `worked_at` when that was. Of the counters,
    `total` are the roles that are asked about.
    """

    __tablename__ = "campaigns"
    __table_args__ = (partial_index("ix_campaigns_running", "state", where="state <> 'closed'"),)

    name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[CampaignState] = mapped_column(choice(CampaignState), default=CampaignState.STARTING)
    everywhere: Mapped[bool]  # all rooms; else those that its rows of rooms name
    at_end: Mapped[AtEnd] = mapped_column(choice(AtEnd), default=AtEnd.KEEP)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)  # the moment whose roles are reviewed
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    ends_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # owners were reminded, and people told, that the end is near
    ended_at: Mapped[datetime | None]  # nobody decides any more
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    closed_at: Mapped[datetime | None]
    after: Mapped[str] = mapped_column(sa.String(32), default="")
    worked_at: Mapped[datetime] = mapped_column(default=utcnow)
    rooms: Mapped[int] = mapped_column(default=0)
    owners: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    evidence_sha256: Mapped[str] = mapped_column(sa.String(64), default="")  # empty: not built yet
    evidence_size: Mapped[int | None] = mapped_column(sa.BigInteger)
    evidence_at: Mapped[datetime | None]

    started_by: Mapped[User | None] = relationship(foreign_keys=[started_by_id], lazy="raise")
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id], lazy="raise")

    @property
    def unchecked(self) -> int:
        """Roles that nobody has looked at; after the end, those that stay unchecked."""
        return self.total - self.confirmed - self.removed - self.gone - self.expired

    @property
    def is_open(self) -> bool:
        """Owners decide now."""
        return self.state is CampaignState.OPEN


def _campaign() -> Mapped[uuid.UUID]:
    return mapped_column(sa.ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)


class CampaignRoom(Model):
    """A room of a campaign, as it was called at the start; `total` and `open` count roles that are asked about."""

    __tablename__ = "campaign_rooms"

    campaign_id: Mapped[uuid.UUID] = _campaign()
    room_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(500))
    slug: Mapped[str] = mapped_column(sa.String(100))
    total: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]  # from then on nothing of it changes


class CampaignLine(Model):
    """One role as it was at the start; with `end_role`, what its person was in the room at the end."""

    __tablename__ = "campaign_lines"
    __table_args__ = (
        sa.Index("ix_campaign_lines_outcome", "campaign_id", "outcome", "room_id", "access_id"),
        sa.Index("ix_campaign_lines_user", "campaign_id", "user_id", "room_id"),
    )

    campaign_id: Mapped[uuid.UUID] = _campaign()
    room_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    access_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID]
    role: Mapped[Role] = mapped_column(choice(Role))  # of one that came later: the one that was given
    granted_at: Mapped[datetime]
    granted_by_id: Mapped[uuid.UUID | None]
    outcome: Mapped[LineOutcome] = mapped_column(choice(LineOutcome), default=LineOutcome.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]
    told_at: Mapped[datetime | None]  # the person was told that the role ends unless it is confirmed
    end_role: Mapped[Role | None] = mapped_column(choice(Role))


class CampaignOwner(Model):
    """Whoever answers for rooms of a campaign; own roles are for the others to check, and count for them alone."""

    __tablename__ = "campaign_owners"
    __table_args__ = (sa.Index("ix_campaign_owners_permille", "campaign_id", "permille", "user_id"),)

    campaign_id: Mapped[uuid.UUID] = _campaign()
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    rooms: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    permille: Mapped[int] = mapped_column(default=0)  # checked; 1000: finished
    reminded_at: Mapped[datetime | None]
    handed_to_id: Mapped[uuid.UUID | None]  # somebody else answers now
    mail_state: Mapped[str] = mapped_column(sa.String(32), default="")  # of the first mail, kept at the end
    mailed_at: Mapped[datetime | None]

    @property
    def checked(self) -> int:
        """Roles that were looked at."""
        return self.total - self.open


class CampaignDuty(Model):
    """Somebody answers for a room of a campaign: an owner at its start, or whom an admin asked instead."""

    __tablename__ = "campaign_duties"
    __table_args__ = (sa.Index("ix_campaign_duties_room", "campaign_id", "room_id"),)

    campaign_id: Mapped[uuid.UUID] = _campaign()
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    room_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class CampaignPerson(Model):
    """What somebody whom a campaign names was called, and their address, when it first named them."""

    __tablename__ = "campaign_people"

    campaign_id: Mapped[uuid.UUID] = _campaign()
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


class CampaignDecision(Keyed, Model):
    """Somebody decided about a line; never changed."""

    __tablename__ = "campaign_decisions"
    __table_args__ = (sa.Index("ix_campaign_decisions_campaign_id_id", "campaign_id", "id"),)

    campaign_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaigns.id", ondelete="CASCADE"))
    room_id: Mapped[uuid.UUID]
    access_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID]  # whose role it is
    kind: Mapped[DecisionKind] = mapped_column(choice(DecisionKind))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    by_id: Mapped[uuid.UUID]
