"""Mails on their way, and what people do not want to be told by mail."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Keyed, Model, choice, partial_index, utcnow


class MailState(enum.Enum):
    """How far a mail got."""

    WAITING = "waiting"  # for its time, or for the server
    SENDING = "sending"  # the server gets it; when nobody sends it any more, nobody knows whether it has it
    SENT = "sent"  # the server took it
    REFUSED = "refused"  # the server refuses it, or the address, for good
    GAVE_UP = "gave_up"  # the server did not take it for a day
    WITHDRAWN = "withdrawn"  # nobody needs it any more


class Mail(Keyed, Model):
    """One mail to one person. Whom it reaches is looked up when it is sent: no address is kept here.

    Without a person it is for somebody who may have no account: what it is about says who.

    `key` is what is told only once; the id is the mail's name on the wire, and `again` grows when somebody wants to
    have sent anew what was sent.
    """

    __tablename__ = "mails"
    __table_args__ = (
        sa.Index("ix_mails_about_id_user_id", "about_id", "user_id"),
        partial_index("ix_mails_ended_at", "ended_at", where="ended_at IS NOT NULL"),
    )

    kind: Mapped[str] = mapped_column(sa.String(64))  # such as recording_saved
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    about_id: Mapped[uuid.UUID]  # of what it tells; its kind says what that is
    deadline: Mapped[datetime | None]  # that it reminds of
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.WAITING)
    problem: Mapped[str] = mapped_column(default="")  # a code: why it waits again, or came to its end
    attempts: Mapped[int] = mapped_column(default=0)
    again: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    due_at: Mapped[datetime] = mapped_column(default=utcnow)
    tried_at: Mapped[datetime | None]  # the server began to get it
    ended_at: Mapped[datetime | None]  # sent, refused, given up or withdrawn


class MailChoice(Model):
    """Somebody wants no mails of a topic; without a row everybody gets them."""

    __tablename__ = "mail_choices"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    off_at: Mapped[datetime] = mapped_column(default=utcnow)
