"""`flask seed-desk`: a first handful of rooms, made the way people make them, for somebody who looks around."""

from dataclasses import dataclass

import click
import sqlalchemy as sa
from flask import Flask

from webapp.access import service as access_service
from webapp.access.telling import Gesture
from webapp.accounts import service as account_service
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.rooms import service as room_service
from webapp.rooms import trunk_rows
from webapp.rooms.models import AccessLevel, Role, Room, TrunkRow

OWNER, ADMINISTRATOR, MEMBER = Role.OWNER, Role.ADMINISTRATOR, Role.MEMBER


@dataclass(frozen=True)
class RoomPlan:
    """A room to make, and who shall be what in it."""

    name: str
    level: AccessLevel
    roles: tuple[Role, Role, Role]  # of the owner, the administrator and the member of the command line


PLANS = (
    RoomPlan("Housing committee", AccessLevel.RESTRICTED, (OWNER, ADMINISTRATOR, MEMBER)),
    RoomPlan("Council budget hearing", AccessLevel.TRUSTED, (OWNER, ADMINISTRATOR, MEMBER)),
    RoomPlan("Harbour consultation", AccessLevel.PUBLIC, (OWNER, OWNER, ADMINISTRATOR)),
    RoomPlan("Interpreter briefing", AccessLevel.RESTRICTED, (ADMINISTRATOR, OWNER, MEMBER)),
    RoomPlan("Project Heron, weekly", AccessLevel.TRUSTED, (MEMBER, ADMINISTRATOR, OWNER)),
)


@click.command("seed-desk")
@click.option("--owner", required=True, help="Address of the person who owns most of them.")
@click.option("--administrator", required=True, help="Address of the person who helps to run them.")
@click.option("--member", required=True, help="Address of the person who was given access.")
def seed_desk(owner: str, administrator: str, member: str) -> None:
    """Make a few rooms on LiveKit's trunks for three people, who find them when they sign in; prints id, link, name."""
    if db.session.scalar(sa.select(sa.exists().where(Room.id.is_not(None)))):
        raise click.ClickException("There are rooms already: this is for an empty desk.")
    db.session.commit()
    try:
        trunk_rows.see(sip.list_trunks())
        db.session.execute(sa.update(TrunkRow).values(assignable=True))  # an empty desk: nobody else's calls come in
        db.session.commit()
    except LiveKitError as error:
        raise click.ClickException(f"LiveKit did not say which trunks it has ({error.code}).") from error
    people = [account_service.person_to_be(email.strip().lower()) for email in (owner, administrator, member)]
    made = [_make(plan, people) for plan in PLANS]
    db.session.commit()
    for room in made:
        click.echo(f"{room.id}\t{room.slug}\t{room.name}")


def _make(plan: RoomPlan, people: list[User]) -> Room:
    """The room by its first owner, who then shares it."""
    first = plan.roles.index(OWNER)
    actor = Actor.system()
    room = room_service.create(people[first], actor=actor, name=plan.name, access_level=plan.level)
    for person, role in zip(people, plan.roles, strict=True):
        if person is not people[first]:
            access_service.grant(room, actor=actor, email=person.email or "", role=role, gesture=Gesture(quiet=True))
    return room


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(seed_desk)
