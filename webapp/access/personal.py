"""What access lists keep about people: their roles, from when to when."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from webapp.access import service
from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.core.db import db
from webapp.rooms.models import Access


def _roles(user: User) -> Iterator[Record]:
    rows = sa.select(Access).join(Access.room).options(contains_eager(Access.room)).where(Access.user_id == user.id)
    for access in db.session.scalars(rows.order_by(Access.granted_at, Access.id)):
        yield {
            "room_id": access.room_id,
            "room": access.room.name,
            **fields(access, "role", "granted_at", "revoked_at"),
        }


ROLES = PersonalData({"roles": _roles}, service.end_all)
