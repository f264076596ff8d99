"""Dispatch rules as the search finds them: those that our rows name, by the room or by LiveKit's id."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.hits import best_first
from webapp.rooms.models import Room, TrunkRow
from webapp.rooms.queries import named_like


def _find(words: str, user: User, limit: int) -> list[Hit]:
    if not user.is_staff:
        return []
    return [*_of_rooms(words, limit), *_guards(words)][:limit]


def _of_rooms(words: str, limit: int) -> list[Hit]:
    columns: tuple[Any, ...] = (Room.name, Room.slug, Room.sip_dispatch_rule_id, Room.old_sip_dispatch_rule_id)
    exact = (Room.sip_dispatch_rule_id == words) | (Room.old_sip_dispatch_rule_id == words)
    named = sa.and_(Room.sip_dispatch_rule_id.is_not(None), named_like(words))
    rows = sa.select(*columns).where(Room.deleted_at.is_(None), exact | named)
    rows = rows.order_by(*best_first(words)).limit(limit)
    return [_hit(row, words) for row in db.session.execute(rows)]


def _hit(row: Any, words: str) -> Hit:
    if row.old_sip_dispatch_rule_id == words:
        title, rule_id = _("Rule of the previous PIN of %(room)s", room=row.name), words
    else:
        title, rule_id = _("Rule for %(room)s", room=row.name), row.sip_dispatch_rule_id
    return Hit("support.show", title, {"slug": row.slug}, rule_id)


def _guards(words: str) -> list[Hit]:
    rows = sa.select(TrunkRow).where(TrunkRow.guard_rule_id == words)
    return [
        Hit("trunks.show", _("Guard rule of %(trunk)s", trunk=row.name), {"trunk_id": row.sip_trunk_id}, words)
        for row in db.session.scalars(rows)
    ]


RULE_HITS = SearchSource("rules", _l("Rules"), "rules", _find)
