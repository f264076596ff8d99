"""Who was offered to the marketing service, and what came of it."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, choice, utcnow


class ContactState(enum.Enum):
    """How far it got; without a row nobody was asked."""

    WAITING = "waiting"  # for its time, or for the service
    ADDED = "added"  # the service has a new contact
    KNOWN = "known"  # it had the contact before, which stays as it was
    DECLINED = "declined"  # the person wants none of it
    GAVE_UP = "gave_up"  # the service did not take it for a day
    DROPPED = "dropped"  # the person is gone, or the installation uses no service any more
    REMOVING = "removing"  # the person was forgotten, and the service is to forget them
    REMOVED = "removed"  # it has


class MarketingContact(Model):
    """One person and the service. No address is kept here: it is looked up when it is passed on."""

    __tablename__ = "marketing_contacts"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[ContactState] = mapped_column(choice(ContactState), default=ContactState.WAITING)
    problem: Mapped[str] = mapped_column(default="")  # a code: why it waits again, or came to its end
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    due_at: Mapped[datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[datetime | None]
