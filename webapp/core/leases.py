"""Leases: one worker at a time on one room, trunk or periodic job, without a lock held across the network."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import g
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, db, utcnow

SECONDS = 30  # each question to others makes it last until the answer


class Lease(Model):
    """Who works on something now, and until when that holds by itself."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(default="")
    until: Mapped[datetime]


class Lost(Exception):
    """The lease ran out, and somebody else works there now."""


@dataclass
class Held:
    """A lease that this context holds; `ends` on the monotonic clock."""

    holder: str
    seconds: float
    ends: float


def claim(name: str, seconds: float = SECONDS) -> str | None:
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
    db.purge(Lease, Lease.until < utcnow() - keep)


@contextmanager
def held(name: str, seconds: float = SECONDS, wait: float = 0) -> Iterator[bool]:
    """Hold the lease inside the block; yields False when it could not be had within `wait` seconds.

    Commits before and after: nothing of the caller's may be pending.
    """
    deadline = time.monotonic() + wait
    while (holder := claim(name, seconds)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if holder is None:
        yield False
        return
    _mine()[name] = Held(holder, seconds, time.monotonic() + seconds)
    try:
        yield True
    finally:
        del _mine()[name]
        db.session.rollback()
        _release_or_let_end(name, holder)


def _release_or_let_end(name: str, holder: str) -> None:
    """Give the lease back; with the database away it ends by itself, and what happened inside the block is told."""
    try:
        release(name, holder)
    except (OperationalError, TimeoutError):
        db.session.rollback()


def last(seconds: float) -> None:
    """See to it that what this context holds is still its own `seconds` from now. Commits if it has to write.

    Said before each question to others: leases may be short, so that a crash blocks nobody for long, and yet outlast
    any number of slow answers. Raises Lost when one ran out meanwhile and is somebody else's.
    """
    for name, mine in _mine().items():
        if mine.ends - time.monotonic() > seconds:
            continue
        longer = max(mine.seconds, 2 * seconds)
        owned = sa.update(Lease).where(Lease.name == name, Lease.holder == mine.holder)
        kept = db.session.execute(owned.values(until=utcnow() + timedelta(seconds=longer)))
        db.session.commit()
        if not kept.rowcount:  # type: ignore[attr-defined]
            raise Lost(name.partition(":")[0])
        mine.ends = time.monotonic() + longer


def _mine() -> dict[str, Held]:
    held: dict[str, Held] = g.setdefault("leases", {})
    return held
