"""Leases: one worker at a time on one room, trunk or periodic job, without a lock held across the network.

They are short, by the database's clock, and renewed while their holder lives: a crash blocks nobody for long, and an
answer may be as slow as it likes.
"""

import os
import random
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import g
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core import heartbeat
from webapp.core.db import Model, db, utcnow
from webapp.core.heartbeat import Claim

SECONDS = 8  # what a dead holder costs those who wait
PAUSES = (0.01, 0.5)  # seconds between two looks of who waits: the first, the longest


class Lease(Model):
    """Who works on something now, and until when that holds by itself."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(default="")  # machine, process, secret; empty once it is given back
    until: Mapped[datetime]

    @property
    def place(self) -> str:
        """The machine and process of the holder."""
        return self.holder.rpartition("/")[0]

    @classmethod
    def is_held(cls) -> sa.ColumnElement[bool]:
        """Somebody works there."""
        return cls.until > db.clock()


class Lost(Exception):
    """The lease ran out, and somebody else works there now."""


def claim(name: str, seconds: float = SECONDS) -> str | None:
    """Take the lease when nobody holds it; returns the holder's secret or None. Commits.

    Looks before it writes: most who find it taken leave, and a writer would wait for other writers.
    """
    db.session.commit()
    found = _look(name)
    if found == "held":
        return None
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(8)}"
    values = {"holder": holder, "until": db.clock(seconds)}
    taken = _take_over(name, values) if found else _begin(name, values)
    db.session.commit()
    return holder if taken else None


def _look(name: str) -> str:
    """Whether the lease is held, or free, or (empty) never was."""
    state = sa.case((Lease.is_held(), "held"), else_="free")
    with db.reader.connect() as connection:
        return connection.scalar(sa.select(state).where(Lease.name == name)) or ""


def _take_over(name: str, values: Mapping[str, object]) -> bool:
    mine = sa.update(Lease).where(Lease.name == name, sa.not_(Lease.is_held()))
    return bool(db.changed(mine.values(**values)))


def _begin(name: str, values: Mapping[str, object]) -> bool:
    """Insert the row of a lease that never was; False when somebody else did so first."""
    try:
        with db.collision_safe():
            db.session.execute(sa.insert(Lease).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def release(name: str, holder: str) -> None:
    """Give the lease back, unless it ran out and is somebody else's by now. Commits.

    Without its holder's name no renewal that comes late finds it.
    """
    db.session.execute(_owned(name, holder).values(holder="", until=db.clock(-1)))
    db.session.commit()


def _owned(name: str, holder: str) -> sa.Update:
    return sa.update(Lease).where(Lease.name == name, Lease.holder == holder)


def purge(keep: timedelta = timedelta(days=1)) -> None:
    """Forget leases that nobody has taken for long: rooms come and go. Commits."""
    db.purge(Lease, Lease.until < utcnow() - keep)


@contextmanager
def held(name: str, seconds: float = SECONDS, wait: float = 0) -> Iterator[bool]:
    """Hold the lease inside the block, however long that takes; yields False when it is not free within `wait`.

    Commits before and after: nothing of the caller's may be pending.
    """
    holder = _wait_for(name, seconds, wait)
    if holder is None:
        yield False
        return
    claimed = _mine()[name] = Claim(db.engine, _owned(name, holder).values(until=db.clock(seconds)), seconds)
    heartbeat.hold(claimed)
    try:
        yield True
    finally:
        heartbeat.let_go(claimed)
        del _mine()[name]
        db.session.rollback()
        _release_or_let_end(name, holder)


def _release_or_let_end(name: str, holder: str) -> None:
    """Give the lease back; with the database away it ends by itself, and what happened inside the block is told."""
    try:
        release(name, holder)
    except (OperationalError, TimeoutError):
        db.session.rollback()


def _wait_for(name: str, seconds: float, wait: float) -> str | None:
    """Look again and again, less and less often, and never two who wait in step."""
    deadline = time.monotonic() + wait
    pause, longest = PAUSES
    while (holder := claim(name, seconds)) is None and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, pause * random.uniform(0.5, 1.5)))
        pause = min(2 * pause, longest)
    return holder


def last() -> None:
    """See to it that what this context holds is still its own; said before each question to others.

    Raises Lost when something ran out meanwhile, because this process slept, and is somebody else's.
    """
    for name, claimed in _mine().items():
        if not claimed.still_holds():
            raise Lost(name.partition(":")[0])


def _mine() -> dict[str, Claim]:
    held: dict[str, Claim] = g.setdefault("leases", {})
    return held
