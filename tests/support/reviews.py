"""Reviews of access as tests make them: started by the service, and driven through their time."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import time_machine

from tests.support.mails import work_off
from tests.support.personas import persona
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, new_id, utcnow
from webapp.jobs import register
from webapp.reviews import service
from webapp.reviews.models import AtEnd, Campaign, CampaignLine, CampaignOwner, CampaignRoom, CampaignState
from webapp.reviews.service import Terms
from webapp.rooms.models import Access, Role, Room

DAYS = 20


def start_review(rooms: Sequence[Room] | None = None, *, at_end: AtEnd = AtEnd.KEEP, days: int = DAYS) -> Campaign:
    """A review that the admin started, open: of all rooms, or of these."""
    terms = Terms("Autumn review", utcnow() + timedelta(days=days), at_end, rooms)
    campaign = service.start(terms, actor=Actor.user(persona("admin")))
    for _round in range(2):
        work_off()
    assert stored_campaign(campaign).state is CampaignState.OPEN
    return campaign


def stored_campaign(campaign: Campaign) -> Campaign:
    """The review as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get_one(Campaign, campaign.id)
    db.session.commit()
    return found


def go_on(at: datetime) -> None:
    """As if it were then: the round of the clock, and what it orders, until nothing is left to do."""
    with time_machine.travel(at):
        db.session.commit()
        register.by_name()["reviews"].function()
        for _round in range(3):
            work_off()


def line_of(campaign: Campaign, room: Room, who: str | User) -> CampaignLine:
    """What the review has of a person in a room."""
    user = persona(who) if isinstance(who, str) else who
    db.session.rollback()
    found = sa.select(CampaignLine).where(
        CampaignLine.campaign_id == campaign.id, CampaignLine.room_id == room.id, CampaignLine.user_id == user.id
    )
    line = db.session.scalars(found.execution_options(populate_existing=True)).one()
    db.session.commit()
    return line


def owner_of(campaign: Campaign, who: str) -> CampaignOwner:
    """How far somebody is who answers."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(CampaignOwner, (campaign.id, persona(who).id))


def outcomes(campaign: Campaign) -> dict[str, str]:
    """What became of each person's role, by their first name; of one room alone."""
    db.session.rollback()
    lines = sa.select(User.email, CampaignLine.outcome).join(Access, Access.user_id == User.id)
    lines = lines.join(CampaignLine, CampaignLine.access_id == Access.id)
    found = db.session.execute(lines.where(CampaignLine.campaign_id == campaign.id)).all()
    db.session.commit()
    return {email.split("@")[0]: outcome.value for email, outcome in found}


def url_of(campaign: Campaign, room: Room, who: str | User, verb: str) -> str:
    """Where an answer about a person goes to."""
    return f"/reviews/{campaign.id}/rooms/{room.slug}/people/{line_of(campaign, room, who).access_id}/{verb}"


def agree(campaign: Campaign) -> None:
    """The counters say what the lines say."""
    db.session.rollback()
    db.session.expire_all()
    found = db.session.get_one(Campaign, campaign.id)
    asked = sa.select(CampaignLine.outcome, sa.func.count()).where(CampaignLine.campaign_id == campaign.id)
    count = {row[0].value: row[1] for row in db.session.execute(asked.group_by(CampaignLine.outcome))}
    for name in ("confirmed", "removed", "gone", "expired"):
        assert getattr(found, name) == count.get(name, 0), name
    assert found.unchecked == count.get("open", 0) + count.get("left_open", 0)
    rooms = db.session.scalar(sa.select(sa.func.sum(CampaignRoom.open)).where(CampaignRoom.campaign_id == campaign.id))
    assert (rooms or 0) == sum(count.get(name, 0) for name in ("open", "left_open", "expired"))
    db.session.commit()


def many_rooms(owner: User, people: Sequence[User], count: int) -> list[uuid.UUID]:
    """So many rooms of one owner with these members, written at once."""
    keys = [new_id() for _number in range(count)]
    rooms = [{"id": key, "name": f"Room {n}", "slug": f"room-of-many-{key.hex[-12:]}"} for n, key in enumerate(keys)]
    db.session.execute(sa.insert(Room), rooms)
    roles = [{"room_id": key, "user_id": owner.id, "role": Role.OWNER} for key in keys]
    roles += [{"room_id": key, "user_id": each.id, "role": Role.MEMBER} for key in keys for each in people]
    db.session.execute(sa.insert(Access), [{"id": new_id(), **role} for role in roles])
    db.session.commit()
    return keys
