"""Rooms as the search finds them: by part of the name, or by the link."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Access, OldSlug, Room
from webapp.rooms.queries import named_like, open_access


def closeness(words: str) -> sa.Case[int]:
    """How well a room answers the words: its link, its name, how either begins, and then whatever holds them."""
    slug = _slug(words)
    return sa.case(
        (Room.slug == slug, 0),
        (sa.func.lower(Room.name) == words.lower(), 1),
        (Room.name.istartswith(words, autoescape=True), 2),
        (Room.slug.startswith(slug, autoescape=True), 3),
        else_=4,
    )


def _slug(words: str) -> str:
    return words.rstrip("/").rsplit("/", 1)[-1].lower()


def _find(words: str, user: User, limit: int) -> list[Hit]:
    columns: tuple[Any, ...] = (Room.id, Room.name, Room.slug, Room.live_since, Room.last_used_at, Access.role)
    renamed = sa.select(OldSlug.room_id).where(OldSlug.slug == _slug(words))
    rooms = sa.select(*columns).select_from(Room).outerjoin(Access, open_access(user))
    rooms = rooms.where(Room.deleted_at.is_(None), named_like(words) | Room.id.in_(renamed))
    if not user.is_staff:
        rooms = rooms.where(Access.role.is_not(None))
    order = (closeness(words), Room.last_used_at.desc().nulls_last(), Room.id.desc())
    return [_hit(row, user) for row in db.session.execute(rooms.order_by(*order).limit(limit))]


def _hit(row: Any, user: User) -> Hit:
    # support opens what is free of personal data, but for rooms in which they have a role themselves
    endpoint = "rooms.show" if user.is_admin or row.role else "support.show"
    live = row.live_since is not None
    return Hit(endpoint, row.name, {"slug": row.slug}, row.slug, None if live else row.last_used_at, live)


def _listed(user: User) -> str:
    return "support.index" if user.is_staff and not user.is_admin else "rooms.index"


ROOM_HITS = SearchSource("rooms", _l("Rooms"), "rooms", _find, _listed, _l("All matching rooms"))
