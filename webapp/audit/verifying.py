"""Follow the whole chain as due work, or for a command, and keep what was found."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from webapp import audit
from webapp.audit import Actor, chain, keys, outlets, records, sealing
from webapp.audit.chain import ChainVerdict
from webapp.audit.chain_models import ChainState, Verification
from webapp.audit.encoding import Record
from webapp.core import due
from webapp.core.db import db, utcnow

WORK = "audit.verify"
SILENT = timedelta(minutes=1)  # a run that says nothing for so long has died, or nobody has begun it
TELL_SECONDS = 1.0
KEEP = timedelta(days=400)


def request(*, actor: Actor) -> Verification:
    """Have the chain followed, unless it is being followed; whoever commits lets it begin."""
    running = under_way()
    if running is not None:
        return running
    run = Verification()
    db.session.add(run)
    db.session.flush()
    due.add(WORK, verification_id=str(run.id))
    audit.record("audit.verify", str(run.id), actor)
    return run


def under_way() -> Verification | None:
    """The run that is being done, or is about to begin."""
    return running(lately(1))


def running(runs: Sequence[Verification]) -> Verification | None:
    """The one of them that is under way, newest first as they are."""
    newest = runs[0] if runs else None
    goes_on = newest is not None and newest.ended_at is None and newest.told_at > utcnow() - SILENT
    return newest if goes_on else None


def lately(count: int) -> Sequence[Verification]:
    """The last runs, newest first."""
    return db.session.scalars(sa.select(Verification).order_by(Verification.started_at.desc()).limit(count)).all()


def periodic() -> None:
    """Follow the chain once a day, and forget runs of long ago. Commits."""
    db.purge(Verification, Verification.started_at < utcnow() - KEEP)
    if under_way() is not None:
        return
    run = Verification()
    db.session.add(run)
    db.session.commit()
    carry_out(str(run.id))


def carry_out(verification_id: str) -> None:
    """Seal what is not sealed, follow the chain, keep what was found. Repeated as due work, it begins anew."""
    run_id = uuid.UUID(verification_id)
    sealing.seal_all()
    keep(run_id, look(lambda count, total: _tell(run_id, checked=count, total=total)))


def keep(run_id: uuid.UUID, verdict: ChainVerdict) -> None:
    """Write down how a run ended. Commits."""
    found = {"state": verdict.state, "problem": verdict.problem, "seq": verdict.seq, "entry_id": verdict.entry}
    _tell(run_id, checked=verdict.checked, ended_at=utcnow(), **found)


def look(
    tell: Callable[[int, int], object],
    *,
    public: Mapping[str, str] | None = None,
    kept: Sequence[Record] = (),
) -> ChainVerdict:
    """Follow the chain now; `tell` hears once a second how many seals of how many were checked.

    `kept` are heads that somebody kept elsewhere, besides those that were sent from here, and `public` the keys that
    count instead of the settings'. Begins anew when the log is pruned meanwhile.
    """
    while True:
        anchor = records.anchor()
        verdict = _follow(anchor, tell, public, kept)
        if verdict.state is not ChainState.BROKEN or records.anchor() == anchor:
            return verdict


def _follow(
    anchor: Record, tell: Callable[[int, int], object], public: Mapping[str, str] | None, kept: Sequence[Record]
) -> ChainVerdict:
    kept = (*kept, *outlets.kept())  # first: what is sent meanwhile may be over seals that are not looked at
    heads, total = heads_and_end()
    known = keys.known() if public is None else public
    first, count = anchor["seq"], total - anchor["seq"]
    tell(0, count)
    told = _Seldom(lambda checked: tell(checked, count))
    seals = records.sealed(first, total)
    return chain.verify(seals, heads, known, kept=kept, anchor=anchor, checked=told, later=_later)


def _later(seq: int) -> Iterable[Record]:
    """What was sealed after that place meanwhile: whoever was forgotten since is accounted for there."""
    sealing.seal_all()
    return records.sealed(seq, records.end())


def heads_and_end() -> tuple[list[dict[str, Any]], int]:
    """The heads, and the place up to which seals belong to them; what is sealed from now on is left out."""
    last = records.end()  # before the heads, so that no seal is missing under them
    heads = records.heads()
    return heads, max(last, heads[-1]["seq"] if heads else 0)


class _Seldom:
    """Passes on what it is told, once a second."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell, self._last = tell, time.monotonic()

    def __call__(self, count: int) -> None:
        if time.monotonic() - self._last >= TELL_SECONDS:
            self._tell(count)
            self._last = time.monotonic()


def _tell(run_id: uuid.UUID, **values: object) -> None:
    run = sa.update(Verification).where(Verification.id == run_id)
    db.session.execute(run.values(told_at=utcnow(), **values))
    db.session.commit()
