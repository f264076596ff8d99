"""Short ways to rows that tests begin with, made by the services that people's clicks call."""

import itertools
from typing import Any

import sqlalchemy as sa

from tests.support.personas import persona
from webapp.access import service as access_service
from webapp.access.telling import Gesture
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms import service
from webapp.rooms.models import Role, Room, TrunkRow

CHOSEN = {"name", "slug", "access_level", "phone_enabled", "hide_phone_number", "callback_id"}
_serial = itertools.count(1)


def make_room(owner: str | User = "owner", *, administrator: str = "", member: str = "", **fields: Any) -> Room:
    """A stored room of the owner, and of a persona in each other role that is named; any column may be given.

    What people choose goes to the service that their click calls; the rest is written into the row. Nobody is told of
    the roles by mail: what a test looks at begins afterwards.
    """
    user = persona(owner) if isinstance(owner, str) else owner
    chosen = {"name": f"Room {next(_serial)}"} | {name: fields.pop(name) for name in CHOSEN & fields.keys()}
    room = service.create(user, actor=Actor.user(user), **chosen)
    for name, role in ((administrator, Role.ADMINISTRATOR), (member, Role.MEMBER)):
        if name:
            email, quiet = persona(name).email, Gesture(quiet=True)
            access_service.grant(room, actor=Actor.user(user), email=email, role=role, gesture=quiet)
    for name, value in fields.items():
        assert name in Room.__table__.columns, name
        setattr(room, name, value)
    db.session.commit()
    return room


def make_trunk(trunk_id: str, **fields: Any) -> TrunkRow:
    """A stored trunk that takes rooms."""
    trunk = TrunkRow(sip_trunk_id=trunk_id, **fields)
    db.session.add(trunk)
    db.session.commit()
    return trunk


def stored(room: Room) -> Room:
    """The room as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Room, room.id)


def trail(action: str) -> list[AuditEntry]:
    """The entries of an action, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))
