"""Rooms as the search finds them: by part of the name, or by the link."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Access, Room
from webapp.rooms.queries import ever_named_like, open_access, slug_in


def best_first(words: str) -> tuple[sa.ColumnElement[Any], ...]:
    """The order of rooms that answer the words: by link, name, how either begins, whatever holds them; then by use."""
    slug = slug_in(words)
    closeness = sa.case(
        (Room.slug == slug, 0),
        (sa.func.lower(Room.name) == words.lower(), 1),
        (Room.name.istartswith(words, autoescape=True), 2),
        (Room.slug.startswith(slug, autoescape=True), 3),
        else_=4,
    )
    return closeness, Room.last_used_at.desc().nulls_last(), Room.id.desc()


def _find(words: str, user: User, limit: int) -> list[Hit]:
    columns: tuple[Any, ...] = (Room.id, Room.name, Room.slug, Room.live_since, Room.last_used_at, Access.role)
    rooms = sa.select(*columns).select_from(Room).outerjoin(Access, open_access(user))
    rooms = rooms.where(Room.deleted_at.is_(None), ever_named_like(words))
    if not user.is_staff:
        rooms = rooms.where(Access.role.is_not(None))
    return [_hit(row, user) for row in db.session.execute(rooms.order_by(*best_first(words)).limit(limit))]


def _hit(row: Any, user: User) -> Hit:
    # support opens what is free of personal data, but for rooms in which they have a role themselves
    endpoint = "rooms.show" if user.is_admin or row.role else "support.show"
    live = row.live_since is not None
    return Hit(endpoint, row.name, {"slug": row.slug}, row.slug, None if live else row.last_used_at, live)


def _listed(user: User) -> str:
    return "support.index" if user.is_staff and not user.is_admin else "rooms.index"


ROOM_HITS = SearchSource("rooms", _l("Rooms"), "rooms", _find, _listed, _l("All matching rooms"))
