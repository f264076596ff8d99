"""Our rows beside LiveKit's trunks: what they are called, whether new rooms go there, and which are gone."""

from collections.abc import Iterable

import sqlalchemy as sa

from webapp.db import db, utcnow
from webapp.rooms.models import Trunk
from webapp.telephony.matching import Json, parse_trunks


def see(listed: Iterable[Json]) -> set[str]:
    """Bring our rows up to LiveKit's list; returns the ids of the trunks that are there. Commits.

    A trunk that we never saw takes rooms at once; one that LiveKit no longer lists is marked as gone and takes none.
    """
    rows = {row.sip_trunk_id: row for row in db.session.scalars(sa.select(Trunk))}
    present = parse_trunks(list(listed))
    for trunk in present:
        row = rows.get(trunk.id)
        if row is None:
            row = Trunk(sip_trunk_id=trunk.id)
            db.session.add(row)
        row.name = str(trunk.info.get("name", ""))
        row.number = next((number for number in trunk.numbers if number), "")
        row.seen_at, row.gone_at = utcnow(), None
    for trunk_id in set(rows) - {trunk.id for trunk in present}:
        rows[trunk_id].gone_at = rows[trunk_id].gone_at or utcnow()
    db.session.commit()
    return {trunk.id for trunk in present}
