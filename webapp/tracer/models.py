"""What is kept of a question about a call."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Keyed, Model, utcnow


class CallQuestion(Keyed, Model):
    """A question, sealed with the token in its asker's cookie: read by nobody else, and gone with the sign-in."""

    __tablename__ = "call_questions"

    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
