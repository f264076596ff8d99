"""Recordings and what becomes of them."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, Versioned, choice, partial_index, utcnow
from webapp.recordings.classes import class_of
from webapp.recordings.modes import Mode
from webapp.recordings.states import ReportedBy, State
from webapp.rooms.models import Room

RUNNING_STATES = (State.STARTING, State.ACTIVE, State.STOPPING)
FAILED_STATES = (State.FAILED, State.ABORTED)
KEPT_STATES = (State.SAVED, State.GONE)  # of whose files the storage is asked every day
LONG_AGO = "1970-01-01 00:00:00"
KEPT = "removed_at IS NULL AND state IN ('saved', 'gone')"
RUNNING = "state IN ('starting', 'active', 'stopping')"
FAILED = "state IN ('failed', 'aborted', 'gone')"  # as the list calls them


class Recording(Keyed, Versioned, Model):
    """One recording; its id is in the egress' file path, so that a hook that comes early still finds it.

    `version` grows with how long it is kept: what people set, not what LiveKit says.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        partial_index("uq_recordings_running", "room_id", where=RUNNING, unique=True),
        sa.Index("ix_recordings_room_id_id", "room_id", "id"),
        sa.Index("ix_recordings_expires_at_id", "expires_at", "id"),
        sa.Index("ix_recordings_size_id", "size", "id"),
        sa.Index("ix_recordings_duration_ms_id", "duration_ms", "id"),
        sa.Index("ix_recordings_mode_id", "mode", "id"),
        partial_index("ix_recordings_failed", "id", where=FAILED),
        partial_index("ix_recordings_unremoved", "expires_at", where="removed_at IS NULL"),
        partial_index("ix_recordings_compared", "compared_at", "id", where=KEPT),
    )

    room_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rooms.id"))
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    state: Mapped[State] = mapped_column(choice(State), default=State.STARTING)
    egress_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    key: Mapped[str]  # where the object lies, below the storage's root
    problem: Mapped[str] = mapped_column(default="")  # why it failed: a code
    # In the words of LiveKit or the worker, with what is private cut; for staff.
    reason: Mapped[str] = mapped_column(default="", server_default="")
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]  # by the sweep, last
    compared_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=LONG_AGO)  # with the storage, last
    duration_ms: Mapped[int | None] = mapped_column(sa.BigInteger())
    size: Mapped[int | None] = mapped_column(sa.BigInteger())  # bytes
    stored_at: Mapped[datetime | None]  # the object's own time: retention counts from here
    retention_days: Mapped[int | None]  # None: permanent
    expires_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]  # the file went after it had expired; the row stays to say so
    tag: Mapped[str] = mapped_column(sa.String(16), default="", server_default="")  # its class, as the storage has it
    early_rule: Mapped[str] = mapped_column(sa.String(255), default="", server_default="")  # the bucket's
    held_at: Mapped[datetime | None]  # a legal hold: no expiry, no deletion
    hold_reason: Mapped[str] = mapped_column(default="", server_default="")
    deleting_at: Mapped[datetime | None]  # asked to delete: the object goes first, then the row

    room: Mapped[Room] = relationship(lazy="raise")
    started_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def promised_days(self) -> int | None:
        """For how many days its file is to be kept; None for ever."""
        return None if self.held_at is not None else self.retention_days

    @property
    def wanted_tag(self) -> str:
        """The class that its object's tag should say."""
        return class_of(self.retention_days, held=self.held_at is not None)

    @property
    def extension(self) -> str:
        """What the object's name ends in, after the dot."""
        return self.key.rsplit(".", 1)[-1]


class Transition(Keyed, Model):
    """One move of a recording from state to state; the first has no state that it came from."""

    __tablename__ = "recording_transitions"
    __table_args__ = (sa.Index("ix_recording_transitions_recording_id_id", "recording_id", "id"),)

    recording_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("recordings.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    from_state: Mapped[State | None] = mapped_column(choice(State))
    to_state: Mapped[State] = mapped_column(choice(State))
    reported_by: Mapped[ReportedBy] = mapped_column(choice(ReportedBy))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    problem: Mapped[str] = mapped_column(default="")  # a code, as the recording's

    user: Mapped[User | None] = relationship(lazy="raise")
