"""Which installation this is: the id that its rules have, told from that of a copy by the addresses it is used at.

Two Frontdesks at the same addresses are one as far as anybody can know; at others a copied database is another one,
until somebody says that it has only moved.
"""

import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from webapp.core.db import db
from webapp.core.settings import settings
from webapp.rules.marks import OwnIds
from webapp.rules.models import Installation

log = structlog.get_logger()
PORTS = {"http": 80, "https": 443}


def identity() -> OwnIds:
    """The ids under which rules are ours. Only reads; it ends no transaction."""
    rows, here = _rows(), _here()
    mine = [row.id for row in rows if (row.livekit_url, row.public_url) == here]
    return OwnIds(tuple(map(str, mine)), is_copy=bool(rows) and rows[0].id not in mine)


def own_id() -> str:
    """The id that rules get, made when there is none. Commits: nothing of the caller's may be pending.

    Two processes that make one at once make two: both are ours, and the older is the one that rules get.
    """
    found = identity()
    if not found.ids:
        livekit_url, public_url = _here()
        db.session.add(Installation(livekit_url=livekit_url, public_url=public_url))
        db.session.commit()
        found = identity()
        log.info("installation.named", installation=found.own, is_copy=found.is_copy)
    db.session.commit()
    return found.own


def others() -> list[Installation]:
    """The ids that the database had at other addresses and that are not ours here, the newest first."""
    rows, mine = _rows(), identity().ids
    there = {row.id: row for row in rows if str(row.id) not in mine}
    return list(there.values())[::-1]


def keep(installation: uuid.UUID) -> None:
    """Say that an id of other addresses is ours here too: this is no copy, it has moved. The caller commits."""
    livekit_url, public_url = _here()
    created_at = min(row.created_at for row in _rows() if row.id == installation)
    row = Installation(livekit_url=livekit_url, public_url=public_url, id=installation, created_at=created_at)
    db.session.add(row)


def _rows() -> Sequence[Installation]:
    return db.session.scalars(sa.select(Installation).order_by(Installation.created_at, Installation.id)).all()


def _here() -> tuple[str, str]:
    return address(settings.livekit_url), address(settings.public_url)


def address(url: str) -> str:
    """The address in one spelling, without what may differ between two ways to write it."""
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}:{port}{parts.path.rstrip('/')}"
