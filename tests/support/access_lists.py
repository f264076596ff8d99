"""A room's access list as tests read it, and the addresses of its verbs."""

import threading

import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.support.personas import SWAP, Browser, persona
from tests.support.waiting import PATIENCE
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


def named(room: Room, seen: str = "") -> dict[str, str]:
    """What somebody types to hand the room over; `seen` is the version that the page showed."""
    return {"typed": room.name} | ({"seen": seen} if seen else {})


def row_url(room: Room, who: str, verb: str = "") -> str:
    """The address of a verb of a persona's row."""
    row = open_row(room, persona(who))
    assert row is not None
    return url(room, f"{row.id}{verb}")


def at_once(*deeds: tuple[Browser, str, dict[str, str]]) -> list[TestResponse]:
    """Press these at the same moment, each from a browser and a thread of its own."""
    together, answers = threading.Barrier(len(deeds)), []

    def press(browser: Browser, where: str, form: dict[str, str]) -> None:
        together.wait(PATIENCE)
        answers.append(browser.post(where, data=form, headers=SWAP))

    threads = [threading.Thread(target=press, args=deed) for deed in deeds]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers
