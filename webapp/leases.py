"""Leases: one worker at a time on one room, trunk or periodic job, without a lock held across the network."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Model, db, utcnow


class Lease(Model):
    """Who works on something now, and until when that holds by itself."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(default="")
    until: Mapped[datetime]


def claim(name: str, seconds: float = 30) -> str | None:
    """Take the lease when nobody holds it; returns the holder's secret or None. Commits."""
    holder, now = secrets.token_hex(8), utcnow()
    values = {"holder": holder, "until": now + timedelta(seconds=seconds)}
    taken = db.session.execute(sa.update(Lease).where(Lease.name == name, Lease.until < now).values(**values))
    if not taken.rowcount:  # type: ignore[attr-defined]
        known = db.session.scalar(sa.select(Lease.until).where(Lease.name == name))
        if known is not None or not _begin(name, values):
            db.session.commit()
            return None
    db.session.commit()
    return holder


def _begin(name: str, values: dict[str, object]) -> bool:
    """Insert the row of a lease that never was; False when somebody else did so first."""
    try:
        with db.collision_safe():
            db.session.execute(sa.insert(Lease).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def release(name: str, holder: str) -> None:
    """Give the lease back, unless it ran out and is somebody else's by now. Commits."""
    ended = sa.update(Lease).where(Lease.name == name, Lease.holder == holder)
    db.session.execute(ended.values(until=utcnow() - timedelta(seconds=1)))
    db.session.commit()


def purge(keep: timedelta = timedelta(days=1)) -> None:
    """Forget leases that nobody has taken for long: rooms come and go. Commits."""
    db.session.execute(sa.delete(Lease).where(Lease.until < utcnow() - keep))
    db.session.commit()


@contextmanager
def held(name: str, seconds: float = 30, wait: float = 0) -> Iterator[bool]:
    """Hold the lease inside the block; yields False when it could not be had within `wait` seconds.

    Commits before and after: nothing of the caller's may be pending.
    """
    deadline = time.monotonic() + wait
    while (holder := claim(name, seconds)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield holder is not None
    finally:
        if holder is not None:
            db.session.rollback()
            release(name, holder)
