"""Where an entry stands in the chain: its seals, those beside them, and the signed head that is over them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.audit.chain_models import AuditSeal, ChainHead
from webapp.core.db import db


@dataclass(frozen=True)
class SealLink:
    """One of the entry's seals with its neighbours, in the chain's order, and the first head over it."""

    seal: AuditSeal
    beside: Sequence[AuditSeal]
    head: ChainHead | None


def of(entry_id: int) -> list[SealLink]:
    """The entry's seals, oldest first: one of most, two where the outcome was sealed later, none yet of the newest."""
    mine = sa.select(AuditSeal).where(AuditSeal.entry_id == entry_id).order_by(AuditSeal.seq)
    return [_link(seal) for seal in db.session.scalars(mine).all()]


def _link(seal: AuditSeal) -> SealLink:
    beside = sa.select(AuditSeal).where(AuditSeal.seq.between(seal.seq - 1, seal.seq + 1)).order_by(AuditSeal.seq)
    head = sa.select(ChainHead).where(ChainHead.seq >= seal.seq).order_by(ChainHead.seq).limit(1)
    return SealLink(seal, db.session.scalars(beside).all(), db.session.scalar(head))
