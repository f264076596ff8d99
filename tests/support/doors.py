"""Guests who ask to come in, and what a test reads of them."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.personas import Browser, browser
from webapp.core.db import db, utcnow
from webapp.lobby.models import Entry, Status
from webapp.rooms.models import AccessLevel, Room


def ask(client: Browser, room: Room, name: str = "Lotte Brandvold") -> TestResponse:
    """Give a name at the door."""
    return client.post(f"/join/{room.slug}", data={"name": name})


def guest(app: Flask, room: Room, name: str = "Lotte Brandvold") -> Browser:
    """A browser whose guest waits for the room."""
    client = browser(app)
    answer = ask(client, room, name)
    assert answer.status_code == 303, answer.text
    return client


def look(client: Browser, room: Room, **headers: str) -> TestResponse:
    """A guest's look at the waiting page."""
    return client.get(f"/join/{room.slug}/wait", headers=headers)


def entry(name: str = "Lotte Brandvold") -> Entry:
    """The newest request of that name, as it is stored now."""
    db.session.rollback()
    found = sa.select(Entry).where(Entry.name == name).order_by(Entry.id.desc()).limit(1)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def status(name: str = "Lotte Brandvold") -> Status:
    """Where the request of that name stands."""
    return entry(name).status


def entries() -> int:
    """How many requests are stored."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) or 0


def age(name: str = "Lotte Brandvold", *, polled: int = 0, decided: int = 0, asked: int = 0) -> None:
    """Let so many seconds pass since the last poll, the decision, the asking."""
    values = {}
    if polled:
        values["polled_at"] = utcnow() - timedelta(seconds=polled)
    if decided:
        values["decided_at"] = utcnow() - timedelta(seconds=decided)
    if asked:
        values["asked_at"] = utcnow() - timedelta(seconds=asked)
    db.session.execute(sa.update(Entry).where(Entry.name == name).values(**values))
    db.session.commit()


def set_level(room: Room, level: AccessLevel) -> None:
    """Open or close the room."""
    db.session.execute(sa.update(Room).where(Room.id == room.id).values(access_level=level))
    db.session.commit()


def version(room: Room) -> int:
    """The version of the room's queue."""
    db.session.rollback()
    return db.session.scalars(sa.select(Room.queue_version).where(Room.id == room.id)).one()
