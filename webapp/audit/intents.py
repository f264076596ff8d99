"""Deeds that LiveKit must do: the intent is recorded and committed, LiveKit is asked, the outcome is recorded.

Whoever dies in between leaves an entry that is not confirmed; the sweep finds out what became of it. Only the holder of
the target's lease asks and records an outcome, so that the sweep never judges what is under way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError, TimeoutError

from webapp import audit
from webapp.audit.models import AuditEntry, DeedOutcome, Intent
from webapp.audit.service import Actor
from webapp.core import leases
from webapp.core.db import Model, db
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

log = structlog.get_logger()
Answer = TypeVar("Answer")
LEASE_SECONDS = 30
WAIT_SECONDS = 5.0


class Busy(Exception):
    """Somebody else does something to the same room or trunk, and LiveKit has not answered them yet."""


class NotAsked(Exception):
    """LiveKit could not be read beforehand, so that nothing was recorded and nothing was changed."""

    def __init__(self, code: str) -> None:
        super().__init__(f"LiveKit answered {code}")
        self.code = code


class NotConfirmed(Exception):
    """LiveKit was asked, and nobody knows yet what became of it.

    `status` is 502 for LiveKit, with its `code`, 503 for the database, and 500 for a bug of ours.
    """

    def __init__(self, target_kind: str, status: int, code: str = "") -> None:
        super().__init__("the outcome is not confirmed")
        self.target_kind = target_kind
        self.status = status
        self.code = code


class Failed(LiveKitError):
    """LiveKit refused, which is recorded: nothing was changed."""


def record(action: str, target: Model | str, actor: Actor, *, sought: str, **details: Any) -> AuditEntry:
    """Add an entry that is not confirmed to the running transaction; `sought` tells the sweep what to look for."""
    entry = audit.record(action, target, actor, **details)
    entry.outcome = DeedOutcome.NOT_CONFIRMED
    db.session.flush()
    db.session.add(Intent(entry_id=entry.id, sought=sought))
    return entry


def held(kind: str, target_id: str, wait: float) -> AbstractContextManager[bool]:
    """The lease of whoever changes the target, or finds out what became of a change; a new trunk's target is ""."""
    return leases.held(f"intents.{kind}:{target_id}", seconds=LEASE_SECONDS, wait=wait)


@contextmanager
def alone(kind: str, target_id: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Nobody else changes the target inside the block, and no sweep judges what is under way. Commits before and after.

    Raises Busy when somebody else does, and NotAsked when LiveKit fails where nothing was asked of it yet.
    """
    with held(kind, target_id, wait) as mine:
        if not mine:
            raise Busy
        try:
            yield
        except Failed:
            raise
        except LiveKitError as error:
            raise NotAsked(error.code) from error


def carry_out(entry: AuditEntry, ask: Callable[[], Answer], follow: Callable[[Answer], object]) -> Answer:
    """Commit the intent, ask LiveKit, record the outcome together with what follows from it, and commit that.

    Raises Failed when LiveKit refuses, and NotConfirmed when it may have done it or not, or when we broke meanwhile.
    """
    target_kind = entry.target_kind
    db.session.commit()
    with _not_confirmed_if_it_breaks(target_kind):
        try:
            answer = ask()
        except LiveKitUnavailable as error:
            raise NotConfirmed(target_kind, 502, error.code) from error
        except LiveKitError as error:
            settle(entry, DeedOutcome.FAILED, error.code)
            db.session.commit()
            raise Failed(error.code, error.message) from error
        follow(answer)
        settle(entry, DeedOutcome.DONE)
        db.session.commit()
    return answer


def settle(entry: AuditEntry, outcome: DeedOutcome, problem: str = "") -> None:
    """Write down what became of the deed."""
    entry.outcome, entry.problem = outcome, problem[:64]
    db.session.execute(sa.delete(Intent).where(Intent.entry_id == entry.id))


def waiting() -> Sequence[AuditEntry]:
    """The deeds whose outcome is open, oldest first."""
    entries = sa.select(AuditEntry).join(Intent, Intent.entry_id == AuditEntry.id).order_by(AuditEntry.id)
    return db.session.scalars(entries).all()


def sought(entry: AuditEntry) -> str | None:
    """What tells whether it was done; None once its outcome is known."""
    return db.session.scalar(sa.select(Intent.sought).where(Intent.entry_id == entry.id))


@contextmanager
def _not_confirmed_if_it_breaks(target_kind: str) -> Iterator[None]:
    """LiveKit may have done it already: neither a database that does not answer nor a bug of ours is a "no"."""
    try:
        yield
    except (Failed, NotConfirmed):
        raise
    except (OperationalError, TimeoutError) as error:
        db.session.rollback()
        raise NotConfirmed(target_kind, 503) from error
    except Exception as error:
        db.session.rollback()
        log.error("intent.broke", kind=type(error).__name__, exc_info=error)
        raise NotConfirmed(target_kind, 500) from error
