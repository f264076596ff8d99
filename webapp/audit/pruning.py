"""Delete what the log need not keep any longer: the oldest entries with their seals, in the chain's own order.

An anchor stays, from which the rest can be followed. Nothing is deleted that was changed behind Frontdesk's back:
whoever looks into it needs it.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import aliased

from webapp.audit import chain, encoding, keys, records, sealing
from webapp.audit.chain import Broken
from webapp.audit.chain_models import AuditSeal, ChainAnchor, ChainHead, ChainState, SealPart, Verification
from webapp.audit.encoding import Record
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.audit.service import Actor, record
from webapp.core.db import PAUSE, PIECE, db, utcnow
from webapp.core.settings import settings

log = structlog.get_logger()


@dataclass(frozen=True)
class PruneStanding:
    """For how many days entries are kept (0: for ever), what was deleted last, and whether this role may delete."""

    keep_days: int
    anchor: ChainAnchor | None
    may_prune: bool


@dataclass(frozen=True)
class PrunePlan:
    """What would be deleted: all from before a moment, up to a place of the chain."""

    before: datetime
    until: int
    seals: int
    entries: int
    stopped_by: int  # the entry that is old enough, but whose outcome nobody knows; 0: none


def standing() -> PruneStanding:
    """How long entries are kept, and how far they were pruned."""
    newest = db.session.scalar(sa.select(ChainAnchor).order_by(ChainAnchor.seq.desc()).limit(1))
    return PruneStanding(settings.audit_keep_days, newest, may_prune())


def may_prune() -> bool:
    """Whether the database lets us: on PostgreSQL the application's own role may not delete entries."""
    if db.engine.dialect.name != "postgresql":
        return True
    with db.reader.connect() as connection:
        return bool(connection.scalar(sa.select(sa.func.has_table_privilege(AuditEntry.__tablename__, "DELETE"))))


def periodic() -> None:
    """Prune once a day, where that is wanted and allowed. Commits."""
    if not settings.audit_keep_days:
        return
    if not may_prune():
        _say_once()
        return
    try:
        prune(plan())
    except Broken as found:
        log.error("audit_prune.chain_broken", code=found.problem, seq=found.seq)


def plan() -> PrunePlan:
    """What is older than the settings keep it, up to the first that is not, or whose outcome is open. Commits.

    The last seal stays, whatever its age: the next one follows it.
    """
    sealing.seal_all()
    before = utcnow() - timedelta(days=settings.audit_keep_days)
    first = records.anchor()["seq"]
    with db.reader.connect() as connection:
        kept = connection.execute(_first_to_keep(first, before)).first()
        until = max(first, (kept.seq if kept else records.end()) - 1)
        whole = sa.select(sa.func.count()).where(AuditSeal.seq > first, AuditSeal.seq <= until)
        entries = connection.scalar(whole.where(AuditSeal.part != SealPart.OPENED)) or 0
    return PrunePlan(before, until, until - first, entries, kept.entry_id if kept and kept.at < before else 0)


def prune(planned: PrunePlan, piece: int = PIECE) -> None:
    """Delete it, piece by piece; the first piece records that. Commits. Raises Broken where the chain does not hold."""
    _refuse_broken()
    while (anchor := records.anchor())["seq"] < planned.until:
        seals = records.sealed(anchor["seq"], min(anchor["seq"] + piece, planned.until))
        seq, digest = chain.end_of(seals, anchor)
        _delete(anchor, seq, digest, planned)
        time.sleep(PAUSE)


def _first_to_keep(after: int, before: datetime) -> sa.Select[int, int, datetime]:
    """The first seal behind a place whose entry is young, or has an outcome that no seal holds yet."""
    settled = aliased(AuditSeal)
    is_settled = sa.exists().where(settled.entry_id == AuditSeal.entry_id, settled.part == SealPart.SETTLED)
    is_open = sa.and_(AuditSeal.part == SealPart.OPENED, sa.not_(is_settled))
    kept = sa.or_(AuditEntry.at >= before, AuditEntry.outcome == DeedOutcome.NOT_CONFIRMED, is_open)
    seals = sa.select(AuditSeal.seq, AuditSeal.entry_id, AuditEntry.at).join(
        AuditEntry, AuditEntry.id == AuditSeal.entry_id
    )
    return seals.where(AuditSeal.seq > after, kept).order_by(AuditSeal.seq).limit(1)


def _refuse_broken() -> None:
    """What the last verification found must be looked into before anything is deleted."""
    ended = sa.select(Verification).where(Verification.ended_at.is_not(None))
    last = db.session.scalar(ended.order_by(Verification.started_at.desc()).limit(1))
    db.session.commit()
    if last is not None and last.state is ChainState.BROKEN:
        raise Broken(last.problem, last.seq, last.entry_id)


def _delete(anchor: Record, seq: int, digest: str, planned: PrunePlan) -> None:
    """Delete all between the anchor and a place, and move the anchor there, in one transaction."""
    db.session.commit()
    db.hold(sealing.ONE_AT_A_TIME)
    if (db.session.scalar(sa.select(sa.func.max(ChainAnchor.seq))) or 0) != anchor["seq"]:
        db.session.commit()
        return  # somebody else does the same
    if anchor["seq"] + planned.seals == planned.until:
        day = planned.before.date().isoformat()
        count = {"entries": planned.entries, "seals": planned.seals, "seq": planned.until}
        record("audit.prune", "log", Actor.system(), reason="", until=day, **count)
    later = aliased(AuditSeal)
    gone = sa.select(AuditSeal.entry_id).where(AuditSeal.seq <= seq)
    is_needed = sa.exists().where(later.entry_id == AuditEntry.id, later.seq > seq)
    for rows in (
        sa.delete(AuditEntry).where(AuditEntry.id.in_(gone), sa.not_(is_needed)),
        sa.delete(AuditSeal).where(AuditSeal.seq <= seq),
        sa.delete(ChainHead).where(ChainHead.seq < seq),
        sa.delete(ChainAnchor),
    ):
        db.session.execute(rows.execution_options(synchronize_session=False))
    db.session.add(_signed(seq, digest))
    db.session.commit()


def _signed(seq: int, digest: str) -> ChainAnchor:
    now, signer = utcnow(), keys.signer()
    key_id = keys.key_id(signer.public) if signer else ""
    signature = signer.sign(encoding.anchor_text(seq, digest, encoding.moment(now), key_id)) if signer else ""
    return ChainAnchor(seq=seq, hash=digest, pruned_at=now, key_id=key_id, signature=signature)


@cache
def _say_once() -> None:
    """Once for each process: it is a setting that somebody has to do something about, not a failure of each day."""
    log.warning("audit_prune.not_allowed", code="role_may_not_delete")
