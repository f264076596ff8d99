"""The network addresses of entries, shortened as they age; they are in no hash."""

import time
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.audit.models import WHOLE_ADDRESS, AuditEntry
from webapp.core import networks
from webapp.core.db import PAUSE, PIECE, db, utcnow

AGE = timedelta(days=90)
PREFIXES = {4: 24, 6: 48}
ENTRIES: Any = AuditEntry.__table__
SHORTEN = (
    sa.update(ENTRIES)
    .where(ENTRIES.c.id == sa.bindparam("entry"), ENTRIES.c.address == sa.bindparam("whole"))
    .values(address=sa.bindparam("short"))
)


def shorten(piece: int = PIECE) -> int:
    """Leave of each address older than AGE the network around it; returns how many. Commits after each piece.

    What is short has left the index of whole ones, so that each run reads what has grown old since the last one.
    """
    count, after = 0, None
    while found := _whole(after, piece):
        short = [{"entry": row.id, "whole": row.address, "short": _network(row.address)} for row in found]
        db.session.execute(SHORTEN, short)  # by what was read, too: somebody may have been forgotten since
        db.session.commit()
        count, after = count + len(found), found[-1]
        time.sleep(PAUSE)
    return count


def _whole(after: Any, count: int) -> list[sa.Row[int, str, datetime]]:
    """The next ones that are old and whole, oldest first; read without the write lock."""
    db.session.commit()
    with db.reader.connect() as connection:
        return list(connection.execute(whole(utcnow() - AGE, after).limit(count)))


def whole(before: datetime, after: Any = None) -> sa.Select[int, str, datetime]:
    """The entries from before a moment whose address is whole, oldest first, behind one of them."""
    old = sa.select(AuditEntry.id, AuditEntry.address, AuditEntry.at).where(AuditEntry.at < before)
    if after is not None:
        old = old.where(sa.tuple_(AuditEntry.at, AuditEntry.id) > sa.tuple_(after.at, after.id))
    return old.where(sa.text(WHOLE_ADDRESS)).order_by(AuditEntry.at, AuditEntry.id)


def _network(address: str) -> str:
    """Nothing of what is no address."""
    try:
        return networks.around(address, PREFIXES)
    except ValueError:
        return ""
