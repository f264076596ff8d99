"""Refused knocks at the outer doors, counted by their reason, so that those who can mend it learn that somebody knocks.

Nothing of a knock is kept but the door, the reason and the minute: never a body, an address or a name.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import prometheus_client
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model, db, utcnow

HOOKS, STORAGE, SIGN_IN, SIGN_OUT = "hooks", "storage", "sign_in", "sign_out"
HOUR = timedelta(hours=1)
KEPT = timedelta(days=1)
PAUSE = 1.0  # seconds between two writes of a process: whoever floods a door must not fill the database
REFUSED = prometheus_client.Counter("frontdesk_refusals_total", "Refusals at the outer doors", ["door", "reason"])


class Refusal(Model):
    """How often a door refused for one reason in one minute; a day of them is kept, whatever knocks."""

    __tablename__ = "refusals"

    door: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    minute: Mapped[int] = mapped_column(sa.BigInteger(), primary_key=True, autoincrement=False)  # since 1970
    count: Mapped[int] = mapped_column(default=0)


@dataclass
class _Waiting:
    """What this process has counted and not written yet."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    written: float = -PAUSE
    known: set[tuple[str, str]] = field(default_factory=set)  # written before: the first of a kind is never put off
    lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self, door: str, reason: str) -> Mapping[tuple[str, str], int]:
        """Count one; return what is to be written, nothing when that was done a moment ago."""
        with self.lock:
            self.counts[door, reason] += 1
            if time.monotonic() - self.written < PAUSE and (door, reason) in self.known:
                return {}
            self.written, counts = time.monotonic(), dict(self.counts)
            self.known |= counts.keys()
            self.counts.clear()
            return counts


_waiting = _Waiting()


def reset() -> None:
    """Forget what this process has counted and not written, as on an empty database."""
    with _waiting.lock:
        _waiting.counts.clear()
        _waiting.known.clear()
        _waiting.written = -PAUSE


def count(door: str, reason: str) -> None:
    """Count a refusal; commits, and changes nothing of the answer when the database is away."""
    REFUSED.labels(door, reason).inc()
    counts = _waiting.taken(door, reason)
    try:
        db.session.rollback()
        for key, times in counts.items():
            _add(*key, times)
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()


def _add(door: str, reason: str, times: int) -> None:
    make = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    new = make(Refusal).values(door=door, reason=reason, minute=_minute(), count=times)
    keys = ["door", "reason", "minute"]
    db.session.execute(new.on_conflict_do_update(index_elements=keys, set_={"count": Refusal.count + times}))


def recent(door: str) -> dict[str, int]:
    """How often the door refused within the last hour, by reason, most frequent first."""
    total = sa.func.sum(Refusal.count)
    since = _minute() - HOUR // timedelta(minutes=1)
    found = sa.select(Refusal.reason, total).where(Refusal.door == door, Refusal.minute > since)
    rows = db.session.execute(found.group_by(Refusal.reason).order_by(total.desc(), Refusal.reason))
    counts = Counter({reason: int(times) for reason, times in rows})
    counts.update({reason: times for (which, reason), times in _waiting.counts.items() if which == door})
    return dict(counts.most_common())


def purge() -> int:
    """Forget what is older than a day; returns how many rows. Commits."""
    return db.purge(Refusal, Refusal.minute < _minute() - KEPT // timedelta(minutes=1))


def _minute() -> int:
    return int(utcnow().timestamp() // 60)
