"""`flask seed-desk` makes a few rooms the way people make them, for a demo."""

import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from tests.support.livekit import LiveKit
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room

PEOPLE = {"owner": "o@desk.example", "administrator": "a@desk.example", "member": "m@desk.example"}


def seed_desk(app: Flask) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["seed-desk", *(f"--{role}={email}" for role, email in PEOPLE.items())])


def test_three_people_find_rooms_with_pins_on_livekits_trunk_and_each_room_has_an_owner(app: Flask, livekit: LiveKit):
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "line", "numbers": ["+33199001122"]})
    result = seed_desk(app)
    assert result.exit_code == 0, result.output
    rooms = db.session.scalars(sa.select(Room)).all()
    printed = {tuple(line.split("\t")) for line in result.output.splitlines()}
    assert printed == {(str(room.id), room.slug, room.name) for room in rooms}
    assert {room.trunk_id for room in rooms} == {trunk["sip_trunk_id"]}
    assert all(room.pin for room in rooms)
    owned = set(db.session.scalars(sa.select(Access.room_id).where(Access.role == Role.OWNER)))
    assert owned == {room.id for room in rooms}
    assert set(db.session.scalars(sa.select(User.email))) == set(PEOPLE.values())
    made = sa.select(sa.func.count()).where(AuditEntry.action == "room.create")
    assert db.session.scalar(made) == len(rooms)


def test_a_desk_in_use_is_left_alone(app: Flask, livekit: LiveKit):
    assert seed_desk(app).exit_code == 0
    again = seed_desk(app)
    assert again.exit_code == 1
    assert "There are rooms already" in again.output


def test_when_livekit_is_away_nothing_is_made(app: Flask, livekit: LiveKit):
    livekit.control("away", how="refuse")
    answer = seed_desk(app)
    livekit.control("heal")
    assert answer.exit_code == 1
    assert "LiveKit did not say which trunks it has" in answer.output
    assert db.session.scalar(sa.select(sa.func.count(Room.id))) == 0
