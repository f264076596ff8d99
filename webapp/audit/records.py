"""What is stored of an entry as a record of the chain: in JSON's own types, and read in pages by the chain's order."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from webapp.audit import encoding
from webapp.audit.chain_models import AuditSeal, ChainAnchor, ChainHead, SealPart
from webapp.audit.models import AuditEntry
from webapp.core.db import db

OPENED, SETTLED = SealPart.OPENED.value, SealPart.SETTLED.value


def _as_stored(column: Any) -> sa.ColumnElement[str]:
    """The text or the driver's own value that stands there.

    What nobody could have written must be told, not stumbled over, and to make a UUID of each id takes long.
    """
    return sa.type_coerce(column, sa.String()).label(column.key)


COLUMNS = (
    AuditEntry.id,
    sa.type_coerce(AuditEntry.at, sa.DateTime(timezone=True)).label("at"),
    _as_stored(AuditEntry.actor),
    _as_stored(AuditEntry.user_id),
    AuditEntry.action,
    AuditEntry.target_kind,
    AuditEntry.target_id,
    _as_stored(AuditEntry.room_id),
    AuditEntry.reason,
    AuditEntry.details,
    _as_stored(AuditEntry.outcome),
    AuditEntry.problem,
    _as_stored(AuditEntry.origin),
    AuditEntry.request_id,
)
SEAL = (
    AuditSeal.seq,
    AuditSeal.entry_id,
    _as_stored(AuditSeal.part),
    AuditSeal.salt,
    AuditSeal.hash,
    _as_stored(AuditSeal.forgotten),
    AuditSeal.reason_commitment,
    AuditSeal.details_commitment,
)
HEAD = {"seq": int, "hash": str, "sealed_at": str, "key": str, "signature": str}  # what a head says
PAGE = 2000
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)  # a time or an id that is none: SQLite takes any text


def of(row: Sequence[Any], seq: int, part: str, salt: str) -> dict[str, Any]:
    """What a seal says of an entry, read by `COLUMNS`; in one go, for a chain has a million of them."""
    entry, at, actor, user, action, kind, target, room, reason, details, outcome, problem, origin, request = row
    settled = {"target": target, "outcome": outcome, "problem": problem}
    if part == SETTLED:
        return {"seq": seq, "part": part, "entry": entry, "salt": salt, **settled}
    deed = {
        "seq": seq,
        "part": part,
        "entry": entry,
        "salt": salt,
        "at": encoding.moment(at),
        "actor": actor,
        "user": _uuid(user),
        "action": action,
        "target_kind": kind,
        "room": _uuid(room),
        "origin": origin,
        "request": request,
        "reason": reason,
        "details": details,
    }
    return deed if part == OPENED else deed | settled


def _uuid(stored: object) -> str | None:
    """As UUIDs are written; SQLite keeps their digits alone."""
    if stored is None:
        return None
    text = str(stored)
    return text if len(text) != 32 else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def sealed(after: int, until: int) -> Iterator[dict[str, Any]]:
    """Each seal between two places of the chain, with its hash and what its entry says; without that if it is gone.

    Read page by page: neither all of it is held in memory, nor a snapshot open for as long as it takes.
    """
    while found := _page(after, until):
        yield from found
        after = found[-1]["seq"]


def _page(after: int, until: int) -> list[dict[str, Any]]:
    rows = sa.select(*SEAL, *COLUMNS).outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
    page = rows.where(AuditSeal.seq > after, AuditSeal.seq <= until).order_by(AuditSeal.seq).limit(PAGE)
    with db.reader.connect() as connection:
        try:
            return [_sealed(row) for row in connection.execute(page)]
        except UNREADABLE:
            connection.rollback()
            return _one_by_one(connection, after, until)


def _one_by_one(connection: Connection, after: int, until: int) -> list[dict[str, Any]]:
    """The same page, with a word in the place of what cannot be read."""
    seals = sa.select(*SEAL).where(AuditSeal.seq > after, AuditSeal.seq <= until).order_by(AuditSeal.seq).limit(PAGE)
    return [_readable(connection, seal) for seal in connection.execute(seals).all()]


def _readable(connection: Connection, seal: Any) -> dict[str, Any]:
    entry = sa.select(*SEAL, *COLUMNS).outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
    try:
        return _sealed(connection.execute(entry.where(AuditSeal.seq == seal.seq)).one())
    except UNREADABLE:
        return _lost(seal, "unreadable")


def _sealed(row: Sequence[Any]) -> dict[str, Any]:
    seq, _entry_id, part, salt, digest, forgotten, reason, details, *entry = row
    if entry[0] is None:
        return _lost(row, "missing")
    said = of(entry, seq, part, salt)
    said["hash"] = digest
    if forgotten is not None or reason or details:
        if part == SETTLED or salt or (said["reason"], said["details"]) != ("", {}):
            return _lost(row, "changed")
        said |= {"forgotten": _uuid(forgotten), "reason": reason, "details": details}
    return said


def _lost(seal: Sequence[Any], problem: str) -> dict[str, Any]:
    """In the place of what a seal says, why it cannot be said."""
    seq, entry_id, part, _salt, digest = seal[:5]
    return {"seq": seq, "entry": entry_id, "part": part, "hash": digest, "lost": problem}


def end() -> int:
    """The place of the last seal; read before the heads, which a later seal may be under."""
    with db.reader.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(AuditSeal.seq))) or 0


def heads() -> list[dict[str, Any]]:
    """The heads, oldest first."""
    with db.reader.connect() as connection:
        return [head(row) for row in connection.execute(sa.select(ChainHead.__table__).order_by(ChainHead.seq))]


def anchor() -> dict[str, Any]:
    """From where the chain is to be followed."""
    newest = sa.select(ChainAnchor.__table__).order_by(ChainAnchor.seq.desc()).limit(1)
    with db.reader.connect() as connection:
        row = connection.execute(newest).first()
    if row is None:
        return dict(encoding.START)
    at = encoding.moment(row.pruned_at)
    return {"seq": row.seq, "hash": row.hash, "pruned_at": at, "key": row.key_id, "signature": row.signature}


def newest_head() -> ChainHead | None:
    """The head over the whole chain; None before anything was sealed."""
    return db.session.scalar(sa.select(ChainHead).order_by(ChainHead.seq.desc()).limit(1))


def head(row: Any) -> dict[str, Any]:
    """A head as a record."""
    return {
        "seq": row.seq,
        "hash": row.hash,
        "sealed_at": encoding.moment(row.sealed_at),
        "key": row.key_id,
        "signature": row.signature,
    }


def unsealed() -> tuple[int, int]:
    """How many entries have no seal yet, and the first of them; over the whole trail."""
    sealed_one = sa.exists().where(AuditSeal.entry_id == AuditEntry.id)
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.min(AuditEntry.id), 0)).where(sa.not_(sealed_one))
    with db.reader.connect() as connection:
        count, first = connection.execute(counted).one()
        return count, first
