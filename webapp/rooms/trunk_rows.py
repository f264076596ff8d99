"""Our rows beside LiveKit's trunks: what they are called, whether new rooms go there, and which are gone."""

import hashlib
import hmac
import json
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.matching import Json, Trunk, parse_trunks
from webapp.rooms import queries
from webapp.rooms.models import TrunkRow

CONTENT = ("name", "numbers", "allowed_numbers", "allowed_addresses", "auth_username", "auth_password")


def see(listed: Iterable[Json]) -> dict[str, Trunk]:
    """Bring our rows up to LiveKit's list; returns the trunks that are there, by id. Commits.

    A trunk that somebody else made takes no room until an admin opens it: others' calls may come in over it. One that
    LiveKit no longer lists is marked as gone and takes none either.
    """
    rows = queries.trunk_rows()
    present = parse_trunks(list(listed))
    for trunk in present:
        _write(rows.get(trunk.id) or _added(trunk, assignable=False), trunk)
    for trunk_id in set(rows) - {trunk.id for trunk in present}:
        rows[trunk_id].gone_at = rows[trunk_id].gone_at or utcnow()
    db.session.commit()
    return {trunk.id: trunk for trunk in present}


def gone(sip_trunk_id: str) -> bool:
    """LiveKit listed the trunk once, and at the last look no more."""
    return db.session.scalar(sa.select(TrunkRow.gone_at).where(TrunkRow.sip_trunk_id == sip_trunk_id)) is not None


def remember(stored: Json) -> TrunkRow:
    """Our row of a trunk that LiveKit has just taken from us; one that we did not know takes rooms at once."""
    trunk = Trunk.parse(stored)
    return _write(db.session.get(TrunkRow, trunk.id) or _added(trunk, assignable=True), trunk)


def forget(sip_trunk_id: str) -> None:
    """LiveKit has just deleted the trunk; nothing when we had no row of it."""
    row = db.session.get(TrunkRow, sip_trunk_id)
    if row is not None:
        row.gone_at, row.assignable = row.gone_at or utcnow(), False


def version(trunk: Json) -> str:
    """A digest of what people set of a trunk, the same as long as nobody changes it; keyed, as it has a password."""
    content = json.dumps([trunk.get(name) or None for name in CONTENT])
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()[:32]


def _added(trunk: Trunk, *, assignable: bool) -> TrunkRow:
    """A new row; the one that somebody else has inserted since we looked, if so."""
    row = TrunkRow(sip_trunk_id=trunk.id, assignable=assignable)
    try:
        with db.collision_safe():
            db.session.add(row)
    except IntegrityError:
        return db.session.get_one(TrunkRow, trunk.id)
    return row


def _number(trunk: Trunk) -> str:
    return next((number for number in trunk.numbers if number), "")


def _write(row: TrunkRow, trunk: Trunk) -> TrunkRow:
    row.name = str(trunk.info.get("name", ""))
    row.number = _number(trunk)
    row.seen_at, row.gone_at = utcnow(), None
    return row
