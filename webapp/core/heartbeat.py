"""Heartbeats: a process renews what it has claimed in the database while it lives, so that a dead one blocks nobody.

One thread per process, begun with the first claim, because threads do not survive a fork.
"""

import os
import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()
BEAT = 1.0  # seconds between two looks at what has to be renewed
FRESH = 2 / 3  # of its time a claim is left alone
CLOSE = 1.0  # seconds before its end the holder renews the claim itself: the thread could not


@dataclass(eq=False)
class Claim:
    """Something claimed for some seconds; `renew` prolongs it by as many, and changes no row where it is lost."""

    engine: Engine
    renew: sa.Update
    seconds: float
    ends: float = field(init=False)  # on the monotonic clock
    lost: bool = False

    def __post_init__(self) -> None:
        """It was made just now."""
        self.ends = time.monotonic() + self.seconds

    @property
    def is_stale(self) -> bool:
        """It is time to renew it."""
        return not self.lost and self.ends - time.monotonic() < self.seconds * FRESH

    def still_holds(self) -> bool:
        """Whether nobody else has it; asks the database only where the heartbeat stood still."""
        if not self.lost and self.ends - time.monotonic() < min(CLOSE, self.seconds * FRESH):
            self.beat()
        return not self.lost

    def beat(self) -> None:
        """Renew it, in a transaction of its own."""
        now = time.monotonic()
        with self.engine.begin() as connection:
            self.lost = not connection.execute(self.renew).rowcount
        self.ends = now + self.seconds


class Heart:
    """Renews the claims of this process until they are let go."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._claims: set[Claim] = set()
        self._thread: threading.Thread | None = None

    def hold(self, claim: Claim) -> None:
        """Renew it from now on."""
        with self._changed:
            self._claims.add(claim)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
            self._changed.notify()

    def let_go(self, claim: Claim) -> None:
        """Renew it no more."""
        with self._changed:
            self._claims.discard(claim)

    def _beat(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._claims)
                stale = [claim for claim in self._claims if claim.is_stale]
            for claim in stale:
                try:
                    claim.beat()
                except SQLAlchemyError as error:  # tried again in a moment; the claim may run out meanwhile
                    log.warning("heartbeat.failed", code=type(error).__name__)
            time.sleep(BEAT)


_heart = Heart()


def hold(claim: Claim) -> None:
    """Renew the claim until it is let go."""
    _heart.hold(claim)


def let_go(claim: Claim) -> None:
    """Renew it no more; a renewal under way may still end."""
    _heart.let_go(claim)


def _begin_anew() -> None:
    global _heart  # noqa: PLW0603 - the parent's thread is not here, and what it holds is the parent's
    _heart = Heart()


os.register_at_fork(after_in_child=_begin_anew)
