"""The network addresses of entries, shortened as they age; they are in no hash."""

import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from webapp.audit.models import AuditEntry
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
    """Leave of each address older than AGE the network around it; returns how many. Commits after each piece."""
    count, after = 0, 0
    while found := _whole(after, piece):
        short = [{"entry": row.id, "whole": row.address, "short": _network(row.address)} for row in found]
        db.session.execute(SHORTEN, short)  # by what was read, too: somebody may have been forgotten since
        db.session.commit()
        count, after = count + len(found), found[-1].id
        time.sleep(PAUSE)
    return count


def _whole(after: int, count: int) -> list[sa.Row[int, str]]:
    """The next ones that are old and whole, along the key; read without the write lock."""
    old = sa.select(AuditEntry.id, AuditEntry.address).where(AuditEntry.at < utcnow() - AGE, AuditEntry.address != "")
    whole = old.where(AuditEntry.id > after, AuditEntry.address.not_like("%/%"))
    db.session.commit()
    with db.reader.connect() as connection:
        return list(connection.execute(whole.order_by(AuditEntry.id).limit(count)))


def _network(address: str) -> str:
    """Nothing of what is no address."""
    try:
        return networks.around(address, PREFIXES)
    except ValueError:
        return ""
