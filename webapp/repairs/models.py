"""Runs that repair many findings: what each was to do, and what became of it."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import User
from webapp.core.db import Keyed, Model, choice, utcnow

LONGEST_TICKET = 64


class ItemResult(enum.Enum):
    """What became of one item of a run."""

    WAITING = "waiting"
    DONE = "done"
    ALREADY_SO = "already_so"  # nothing was wrong any more
    FAILED = "failed"
    SKIPPED = "skipped"  # the run was stopped, or the finding is no longer ours to repair


class RepairRun(Keyed, Model):
    """One run over all findings of a kind, or over all that are safe to repair; open until `ended_at`."""

    __tablename__ = "repair_runs"

    scope: Mapped[str] = mapped_column(sa.String(64))  # a kind of finding, or "all"
    ticket: Mapped[str] = mapped_column(sa.String(LONGEST_TICKET), default="")
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    stopped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")  # why it stands still; empty while it goes on
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    already_so: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)

    started_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def looked_at(self) -> int:
        """Items that have a result."""
        return self.done + self.already_so + self.failed + self.skipped

    def count(self, result: ItemResult) -> int:
        """How many items have a result."""
        return self.total - self.looked_at if result is ItemResult.WAITING else int(getattr(self, result.value))


class RepairItem(Model):
    """One finding of a run, known by its key; `fact` holds ids alone."""

    __tablename__ = "repair_items"
    __table_args__ = (sa.Index("ix_repair_items_run_id_result_position", "run_id", "result", "position"),)

    run_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("repair_runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    fact: Mapped[dict[str, Any]]  # kind, room, trunk, rules
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult), default=ItemResult.WAITING)
    problem: Mapped[str] = mapped_column(sa.String(64), default="")  # a code, never LiveKit's words
    done_at: Mapped[datetime | None]
