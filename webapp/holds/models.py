"""What LiveKit was found to do or to refuse, kept until it is asked again."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, utcnow


class Probe(Model):
    """What LiveKit was found to do or to refuse, and when that was found out."""

    __tablename__ = "probes"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    works: Mapped[bool]
    learnt_at: Mapped[datetime] = mapped_column(default=utcnow)
