"""Under which ids this database's rules stand in LiveKit, by the addresses under which it is used."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, new_id, utcnow


class Installation(Model):
    """An id that rules have in LiveKit, and addresses at which it is this installation's.

    A copy of the database that is used at other addresses finds none of its own here, and gets another.
    """

    __tablename__ = "installations"

    livekit_url: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    public_url: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)  # that of the id, wherever it has become ours
