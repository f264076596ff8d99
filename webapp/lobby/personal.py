"""What the lobby keeps about people: their requests to enter, until an hour after they were of use."""

from collections.abc import Iterator

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.audit import Actor
from webapp.core.db import db
from webapp.lobby import service
from webapp.lobby.models import Entry


def _entries(user: User) -> Iterator[Record]:
    rows = db.session.scalars(sa.select(Entry).where(Entry.user_id == user.id).order_by(Entry.id))
    yield from (fields(entry, "room_id", "name", "status", "asked_at", "decided_at") for entry in rows)


def _forget(user: User, _actor: Actor) -> None:
    service.forget(user)


LOBBY = PersonalData({"lobby": _entries}, _forget)
