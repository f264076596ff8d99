"""What rooms keep about people: who made them. Names of rooms belong to the room."""

from collections.abc import Iterator

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record
from webapp.core.db import db
from webapp.rooms.models import Room


def _rooms(user: User) -> Iterator[Record]:
    rows = sa.select(Room).where(Room.created_by_id == user.id).order_by(Room.id)
    for room in db.session.scalars(rows):
        yield {"room_id": room.id, "name": room.name, "created_at": room.created_at, "deleted_at": room.deleted_at}


ROOMS = PersonalData({"rooms_created": _rooms})
