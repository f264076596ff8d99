"""A room's access list as tests read it, and the addresses of its verbs."""

import sqlalchemy as sa

from tests.support.personas import persona
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room


def url(room: Room, rest: str = "") -> str:
    """The address of the list, or below it."""
    return f"/rooms/{room.slug}/access/{rest}"


def open_row(room: Room, user: User) -> Access | None:
    """The user's role as it is stored now."""
    db.session.rollback()
    mine = sa.select(Access).where(Access.room_id == room.id, Access.user_id == user.id, Access.revoked_at.is_(None))
    return db.session.scalar(mine)


def roles(room: Room) -> dict[str, Role]:
    """Who has which role now, by first name."""
    db.session.rollback()
    rows = sa.select(User.email, Access.role).join(Access, Access.user_id == User.id)
    found = db.session.execute(rows.where(Access.room_id == room.id, Access.revoked_at.is_(None)))
    return {email.split("@")[0]: role for email, role in found}


def row_url(room: Room, who: str, verb: str = "") -> str:
    """The address of a verb of a persona's row."""
    row = open_row(room, persona(who))
    assert row is not None
    return url(room, f"{row.id}{verb}")
