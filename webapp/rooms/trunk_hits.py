"""Trunks as the search finds them: by part of the name, or by LiveKit's id."""

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import TrunkRow


def _find(words: str, user: User, limit: int) -> list[Hit]:
    if not user.is_staff:
        return []
    named = TrunkRow.name.icontains(words, autoescape=True)
    rows = sa.select(TrunkRow).where(TrunkRow.gone_at.is_(None), named | (TrunkRow.sip_trunk_id == words))
    begins = sa.case((TrunkRow.name.istartswith(words, autoescape=True), 0), else_=1)
    trunks = db.session.scalars(rows.order_by(begins, TrunkRow.name, TrunkRow.sip_trunk_id).limit(limit))
    return [_hit(trunk) for trunk in trunks]


def _hit(trunk: TrunkRow) -> Hit:
    values = {"trunk_id": trunk.sip_trunk_id}
    return Hit("trunks.show", trunk.name or trunk.sip_trunk_id, values, trunk.sip_trunk_id)


TRUNK_HITS = SearchSource("trunks", _l("Trunks"), "trunks", _find)
