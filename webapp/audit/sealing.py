"""Seal the trail: what was committed unsealed is chained by one job, so that writers never wait for one another.

Several that seal at once do so one after the other, and what one of them sealed the next leaves alone. A batch is one
transaction: seals and the head over them are there together, or not at all.
"""

import secrets
import time
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.audit import encoding, keys, records
from webapp.audit.chain_models import OPENED, AuditSeal, ChainHead, SealPart
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core.db import PAUSE, db, utcnow

BATCH = 1000  # entries in one transaction
BACK = 10_000  # seals: who committed so much later than others is found by the next whole look alone
ONE_AT_A_TIME = "audit.seal"


def seal(batch: int = BATCH, back: int = BACK) -> int:
    """Seal what was committed since; returns how many seals that took. Commits after each batch."""
    return _seal(_lately(back), batch)


def seal_all() -> int:
    """The same, with a look at each entry there is: also what committed very late is found."""
    return _seal(0, BATCH)


def _seal(after: int, batch: int) -> int:
    """Seal the entries behind that id, by their ids, and each outcome that became known meanwhile."""
    sealed = 0
    while _is_waiting(after):
        count, after = _seal_batch(after, batch)
        sealed += count
        time.sleep(PAUSE)
    return sealed


def _lately(back: int) -> int:
    """The entry behind which all that is not sealed must be."""
    newest = sa.select(sa.func.max(AuditSeal.seq)).scalar_subquery()
    before = sa.select(AuditSeal.entry_id).where(AuditSeal.seq <= newest - back, AuditSeal.part != SealPart.SETTLED)
    with db.reader.connect() as connection:
        return connection.scalar(before.order_by(AuditSeal.seq.desc()).limit(1)) or 0


def _is_waiting(after: int) -> bool:
    """Something is to be sealed; looks without SQLite's write lock."""
    db.session.commit()
    with db.reader.connect() as connection:
        waits = (connection.execute(rows.limit(1)).first() for rows in (_settled(), _unsealed(after)))
        return any(one is not None for one in waits)


def _seal_batch(after: int, batch: int) -> tuple[int, int]:
    """Seal the next ones; returns how many seals that took, and the last entry's id."""
    db.hold(ONE_AT_A_TIME)
    seq, before, head = _end()
    outcomes = db.session.execute(_settled().limit(batch)).all()
    entries = db.session.execute(_unsealed(after).limit(batch)).all()
    parts = [(row, SealPart.SETTLED) for row in outcomes] + [(row, _part(row)) for row in entries]
    seals: list[dict[str, Any]] = []
    for row, part in parts:
        seq += 1
        salt = "" if part is SealPart.SETTLED else secrets.token_hex(16)
        before = encoding.digest(records.of(row, seq, part.value, salt), before)
        seals.append({"seq": seq, "entry_id": row.id, "part": part, "salt": salt, "hash": before})
    if seals:
        db.session.execute(sa.insert(AuditSeal), seals)
        _put_head(seq, before, head)
    db.session.commit()
    return len(seals), entries[-1].id if entries else after


def _end() -> tuple[int, str, ChainHead | None]:
    """The place and the hash that the next seal follows, and the head that is over them.

    Where seals are missing under the newest head the chain goes on behind it: the gap stays for all to see.
    """
    last = db.session.execute(sa.select(AuditSeal.seq, AuditSeal.hash).order_by(AuditSeal.seq.desc()).limit(1)).first()
    seq, digest = (last.seq, last.hash) if last is not None else (0, encoding.BEGINNING)
    head = records.newest_head()
    if head is not None and head.seq > seq:
        return head.seq, head.hash, None
    return seq, digest, head if head is not None and (head.seq, head.hash) == (seq, digest) else None


def _part(row: Any) -> SealPart:
    return SealPart.OPENED if row.outcome == DeedOutcome.NOT_CONFIRMED.value else SealPart.WHOLE


def _unsealed(after: int) -> sa.Select[Any]:
    """The entries behind that id that have no seal; of two, the one of the deed may have been pruned."""
    sealed = (AuditSeal.entry_id == AuditEntry.id, AuditSeal.entry_id > after)
    entries = sa.select(*records.COLUMNS).where(AuditEntry.id > after, sa.not_(sa.exists().where(*sealed)))
    return entries.order_by(AuditEntry.id)


def _settled() -> sa.Select[Any]:
    """The entries whose outcome was open when they were sealed, and is known by now."""
    later = aliased(AuditSeal)
    settled = sa.exists().where(later.entry_id == AuditEntry.id, later.part == SealPart.SETTLED)
    opened = sa.select(*records.COLUMNS).join(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
    opened = opened.where(sa.text(OPENED), AuditEntry.outcome != DeedOutcome.NOT_CONFIRMED)
    return opened.where(sa.not_(settled)).order_by(AuditEntry.id)


def _put_head(seq: int, digest: str, last: ChainHead | None) -> None:
    """Put a signed head over the chain, in the place of the last one of the same hour: it proves all that one did.

    A last one that was over other seals than there are stays, for it tells of that.
    """
    now = utcnow()
    if last is not None and _hour(last.sealed_at) == _hour(now):
        db.session.delete(last)
    signer = keys.signer()
    key_id = keys.key_id(signer.public) if signer else ""
    text = encoding.head_text(seq, digest, encoding.moment(now), key_id)
    signature = signer.sign(text) if signer else ""
    db.session.add(ChainHead(seq=seq, hash=digest, sealed_at=now, key_id=key_id, signature=signature))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
