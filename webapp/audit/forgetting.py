"""Empty what people typed into the trail, without breaking the chain: its commitments stay, and the salt goes.

Names and e-mail addresses stand in no entry; they are in the account. An entry without a seal loses its texts, too,
and is sealed without them later.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from webapp.audit import encoding, sealing
from webapp.audit.chain_models import AuditSeal, SealPart
from webapp.audit.models import ABOUT_PEOPLE, AuditEntry
from webapp.audit.sentences import WORDS
from webapp.core.db import VALUES, db

# What else stands in details was not typed: numbers, the log's own words, ids of ours and of LiveKit (TR_…), and what
# is under these names. Anything else goes, also what a later version writes there.
CODES = {"what", "how", "purpose", "scope", "problem"}
ID = re.compile(r"[0-9a-f]{8}(-?)([0-9a-f]{4}\1){3}[0-9a-f]{12}|[A-Z]{2,4}_[A-Za-z0-9]{1,32}")


class NotRecorded(Exception):
    """No `user.forget` about the person was recorded in this transaction, which would account for the texts."""


def forget(user_id: uuid.UUID, piece: int = VALUES) -> int:
    """Empty what was typed in entries by the person and about the account, and the addresses of those by the person.

    Whoever calls it has recorded `user.forget` about the person before, in the same transaction; entries of that kind
    keep what they say. Returns how many entries lost their texts. Flushes. Raises NotRecorded.
    """
    db.session.flush()
    db.hold(sealing.ONE_AT_A_TIME)  # nobody seals meanwhile what is being emptied
    _refuse_unrecorded(user_id)
    about = sa.and_(sa.text(ABOUT_PEOPLE), AuditEntry.target_id == str(user_id))
    both = (AuditEntry.user_id == user_id, about)
    count = sum(_empty(rows, user_id) for mine in both for rows in _pieces(mine, piece))
    theirs = sa.update(AuditEntry).where(AuditEntry.user_id == user_id, AuditEntry.address != "")
    db.session.execute(theirs.values(address=""))
    return count


def _refuse_unrecorded(user_id: uuid.UUID) -> None:
    """Nothing would account for the texts without an entry; one that has a seal is of another time."""
    mine = AuditEntry.action == encoding.FORGET, AuditEntry.target_id == str(user_id)
    is_sealed = sa.exists().where(AuditSeal.entry_id == AuditEntry.id)
    if db.session.scalar(sa.select(AuditEntry.id).where(*mine, sa.not_(is_sealed)).limit(1)) is None:
        raise NotRecorded


def _pieces(mine: sa.ColumnElement[bool], size: int) -> Iterator[Sequence[Any]]:
    """Those entries with their seals, along the key."""
    seal = sa.and_(AuditSeal.entry_id == AuditEntry.id, AuditSeal.part != SealPart.SETTLED)
    rows = sa.select(AuditEntry.id, AuditEntry.reason, AuditEntry.details, AuditSeal.seq, AuditSeal.salt)
    rows = rows.outerjoin(AuditSeal, seal).where(mine, AuditEntry.action != encoding.FORGET)
    after = 0
    while piece := db.session.execute(rows.where(AuditEntry.id > after).order_by(AuditEntry.id).limit(size)).all():
        yield piece
        after = piece[-1].id


def _empty(piece: Sequence[Any], user_id: uuid.UUID) -> int:
    """Empty those of them in which something was typed; returns how many."""
    typed = [row for row in piece if row.reason or _is_typed(row.details)]
    emptied = sa.update(AuditEntry).where(AuditEntry.id.in_([row.id for row in typed]))
    db.session.execute(emptied.values(reason="", details={}))
    seals = [_without_salt(row, user_id) for row in typed if row.seq is not None]
    if seals:
        db.session.execute(sa.update(AuditSeal), seals)
    return len(typed)


def _without_salt(row: Any, user_id: uuid.UUID) -> dict[str, Any]:
    kept = {name: encoding.commitment(row.salt, name, getattr(row, name)) for name in encoding.TYPED}
    told = {f"{name}_commitment": text for name, text in kept.items()}
    return {"seq": row.seq, "salt": "", "forgotten": user_id, **told}


def _is_typed(value: Any) -> bool:
    """People may have typed it, or a part of it."""
    if isinstance(value, dict):
        return any(_is_typed(each) for name, each in value.items() if name not in CODES)
    if isinstance(value, list):
        return any(map(_is_typed, value))
    return isinstance(value, str) and value not in WORDS and not ID.fullmatch(value) and value != ""
