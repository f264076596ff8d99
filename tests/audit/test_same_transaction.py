"""A deed and its entry stand or fall together."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.factories import make_trunk, stored
from tests.support.personas import persona
from webapp.access import queries as access_queries
from webapp.access import service as access
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.rooms import service
from webapp.rooms.models import Access, AccessLevel, PhonePin, Role, Room

BY = Actor.system()
Deed = Callable[[Room], object]


def row(room: Room, who: str) -> Access:
    found = access_queries.of_user(room, persona(who))
    assert found is not None
    return found


def undone(room: Room) -> None:
    made = access.transfer(room, row(room, "member"), actor=BY)
    assert made is not None
    access.take_back(made.kind, made.key, actor=BY)


def without_pin(room: Room) -> bool:
    room.pin = None
    return service.generate_pin(room, actor=BY)


def with_old_pin(room: Room) -> bool:
    room.old_pin, room.old_pin_until = room.pin, utcnow() + timedelta(minutes=5)
    return service.stop_old_pin(room, actor=BY)


DEEDS: dict[str, Deed] = {
    "room.create": lambda _room: service.create(persona("owner"), actor=BY, name="Second"),
    "room.edit": lambda room: service.edit(room, actor=BY, name="x", slug="xyz", access_level=AccessLevel.PUBLIC),
    "room.set_phone": lambda room: service.set_phone(room, actor=BY, phone_enabled=False, hide_phone_number=False),
    "room.let_members_watch": lambda room: service.let_members_watch(room, True, actor=BY),
    "room.rotate_pin": lambda room: service.rotate_pin(room, actor=BY, reason=""),
    "room.generate_pin": without_pin,
    "room.reveal_pin": lambda room: service.reveal_pin(room, actor=BY),
    "room.stop_old_pin": with_old_pin,
    "room.move_trunk": lambda room: service.move_trunk(room, "ST_b", actor=BY),
    "room.delete": lambda room: service.delete(room, actor=BY),
    "access.grant": lambda room: access.grant(room, actor=BY, email="new@tenants.example", role=Role.MEMBER),
    "access.accept": lambda room: access.accept(room, persona("admin"), Role.MEMBER, inviter_id=None),
    "access.change": lambda room: access.change(room, row(room, "member"), actor=BY, role=Role.ADMINISTRATOR),
    "access.revoke": lambda room: access.revoke(room, row(room, "member"), actor=BY),
    "access.leave": lambda room: access.leave(room, row(room, "member"), actor=BY),
    "access.transfer": lambda room: access.transfer(room, row(room, "member"), actor=BY),
    "access.take_back": undone,
}
WRITTEN_AS = {"access.take_back": "access.undo_transfer"}  # it says what was undone


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows that these deeds can touch."""
    db.session.rollback()
    tables = (Room, Access, PhonePin, User, AuditEntry)
    rows = {model.__tablename__: db.session.execute(sa.select(model.__table__)).all() for model in tables}
    db.session.rollback()
    return {name: sorted(map(tuple, found), key=str) for name, found in rows.items()}


def entries(action: str) -> int:
    written = sa.select(sa.func.count()).where(AuditEntry.action == WRITTEN_AS.get(action, action))
    return db.session.scalar(written) or 0


@pytest.fixture
def before(room: Room) -> dict[str, list[tuple[object, ...]]]:
    make_trunk("ST_b")
    persona("admin")
    return everything()


@pytest.mark.parametrize("action", DEEDS)
def test_a_deed_that_is_undone_leaves_neither_change_nor_entry(room: Room, before, action: str):
    DEEDS[action](stored(room))
    db.session.flush()
    db.session.rollback()
    assert everything() == before


@pytest.mark.parametrize("action", DEEDS)
def test_a_deed_that_is_done_leaves_one_entry_in_its_rooms_trail(room: Room, before, action: str):
    already = entries(action)
    DEEDS[action](stored(room))
    db.session.commit()
    assert entries(action) == already + 1
    newest = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert newest.action == WRITTEN_AS.get(action, action) and newest.room_id is not None
    assert (newest.room_id == room.id) == (action != "room.create")
    db.session.commit()


def test_every_service_function_of_rooms_and_access_stands_here():
    functions = {f"room.{name}" for name in vars(service) if _is_deed(service, name)}
    functions |= {f"access.{name}" for name in vars(access) if _is_deed(access, name)}
    of_people = {"room.take_callback", "access.take_over_pending", "access.end_all"}  # at sign-in; tests/people
    assert functions - of_people == set(DEEDS)


def _is_deed(module: object, name: str) -> bool:
    thing = getattr(module, name)
    return callable(thing) and getattr(thing, "__module__", "") == module.__name__ and name.islower() and name[0] != "_"
