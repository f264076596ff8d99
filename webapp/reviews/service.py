"""What admins do with campaigns: start one, say what happens at its end, end it early, ask somebody else."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.reviews import counts, orders, queries, snapshot
from webapp.reviews.models import (
    LEAD,
    NOTICE,
    REST,
    AtEnd,
    Campaign,
    CampaignDuty,
    CampaignOwner,
    CampaignRoom,
    CampaignState,
)
from webapp.rooms.models import Room

MOST_ROOMS = 200  # that are chosen one by one
SLACK = timedelta(hours=2)  # in which all mails are planned
SOONEST = timedelta(days=1)  # from the start to the end
SOONEST_REMOVAL = LEAD + timedelta(days=1)


class TooSoon(Exception):
    """People would not have been told long enough before."""


class CannotAnswer(Exception):
    """Whoever was named may not see who has access to so many of the rooms, or cannot sign in."""

    def __init__(self, rooms: int) -> None:
        super().__init__()
        self.rooms = rooms


@dataclass(frozen=True)
class Terms:
    """What a campaign is about: its name, by when, what happens then, and in which rooms (None: in all)."""

    name: str
    ends_at: datetime
    at_end: AtEnd
    rooms: Collection[Room] | None = None


def start(terms: Terms, *, actor: Actor) -> Campaign:
    """Begin a campaign about the roles of this moment; due work writes them down and asks owners. Raises TooSoon."""
    now = utcnow()
    if terms.ends_at < now + (SOONEST_REMOVAL if terms.at_end is AtEnd.REMOVE else SOONEST):
        raise TooSoon
    campaign = Campaign(name=terms.name, everywhere=terms.rooms is None, at_end=terms.at_end, created_at=now)
    campaign.ends_at, campaign.started_by_id = terms.ends_at, actor.user_id
    db.session.add(campaign)
    db.session.flush()
    for room in terms.rooms or ():
        db.session.add(CampaignRoom(campaign_id=campaign.id, room_id=room.id, name=room.name, slug=room.slug))
    rooms = "all_rooms" if terms.rooms is None else str(len(terms.rooms))
    audit.record("review.start", campaign, actor, rooms=rooms, at_end=_in_trail(terms.at_end))
    orders.start(campaign)
    return campaign


def _in_trail(at_end: AtEnd) -> str:
    return f"{at_end.value}_unchecked"


def set_ending(campaign: Campaign, at_end: AtEnd, *, actor: Actor) -> None:
    """Say what becomes of roles that nobody checks; the row is held. Raises CampaignOver, TooSoon."""
    if campaign.state not in {CampaignState.STARTING, CampaignState.OPEN}:
        raise counts.CampaignOver
    if at_end is campaign.at_end:
        return
    if at_end is AtEnd.REMOVE and (campaign.told_at or campaign.ends_at < utcnow() + LEAD):
        raise TooSoon
    campaign.at_end = at_end
    audit.record("review.set_ending", campaign, actor, at_end=_in_trail(at_end))


def end(campaign: Campaign, *, actor: Actor) -> None:
    """Let nobody decide any more; the row is held. Raises CampaignOver.

    Before its date nobody is removed: not all have been told of that, or not long enough before.
    """
    if campaign.state is not CampaignState.OPEN:
        raise counts.CampaignOver
    now = utcnow()
    if now < campaign.ends_at:
        campaign.at_end = AtEnd.KEEP
    campaign.state, campaign.ended_at, campaign.ended_by_id = CampaignState.CLOSING, now, actor.user_id
    campaign.after, campaign.worked_at = "", now
    audit.record("review.end", campaign, actor, count=campaign.unchecked)
    ended_by = db.session.get(User, actor.user_id) if actor.user_id else None
    snapshot.keep_people(campaign.id, {ended_by.id: ended_by} if ended_by else {})
    orders.close(campaign)


def tell(campaign: Campaign) -> None:
    """Let owners be reminded that the end is near, and people told whose access ends with it; the row is held.

    Where this comes late the end does, too: nobody is removed who was not told long enough before.
    """
    now = utcnow()
    campaign.told_at = now
    orders.mails(campaign.id, orders.ENDING)
    if campaign.at_end is AtEnd.REMOVE:
        campaign.ends_at = max(campaign.ends_at, now + NOTICE + SLACK)
        orders.mails(campaign.id, orders.ACCESS_ENDS)


def remind(campaign: Campaign, owner: CampaignOwner, *, actor: Actor) -> bool:
    """Write to one who has not finished, at most once a day; False when that was done. Raises CampaignOver."""
    if not campaign.is_open:
        raise counts.CampaignOver
    now = utcnow()
    if not _remind(campaign, CampaignOwner.user_id == owner.user_id, now):
        return False
    audit.record("review.remind", campaign, actor, person=str(owner.user_id))
    return True


def remind_all(campaign: Campaign, *, actor: Actor) -> int:
    """Write to all who have not finished and got no reminder today; returns to how many. Raises CampaignOver."""
    if not campaign.is_open:
        raise counts.CampaignOver
    count = _remind(campaign, sa.true(), utcnow())
    if count:
        audit.record("review.remind_all", campaign, actor, count=count)
    return count


def _remind(campaign: Campaign, which: sa.ColumnElement[bool], now: datetime) -> int:
    rested = sa.or_(CampaignOwner.reminded_at.is_(None), CampaignOwner.reminded_at <= now - REST)
    mine = sa.update(CampaignOwner).where(
        CampaignOwner.campaign_id == campaign.id, CampaignOwner.open > 0, rested, which, queries.CAN_ANSWER
    )
    count = db.changed(mine.values(reminded_at=now).execution_options(synchronize_session=False))
    if count:
        orders.mails(campaign.id, orders.REMINDER, at=now)
    return count


def reassign(campaign: Campaign, owner: CampaignOwner, person: User, *, actor: Actor) -> None:
    """Let somebody else answer for all rooms that one answers for. Raises CampaignOver, CannotAnswer.

    They have to be an admin, or able to see who has access to each of these rooms: a review gives nobody new rights.
    """
    counts.hold(campaign.id, CampaignState.OPEN)
    if not person.is_active or person.pending or person.id == owner.user_id:
        raise CannotAnswer(0)
    blind = 0 if person.is_admin else queries.rooms_not_seen(campaign, owner.user_id, person)
    if blind:
        raise CannotAnswer(blind)
    _hand_over(campaign.id, owner.user_id, person.id)
    snapshot.keep_people(campaign.id, {person.id: person})
    owner.handed_to_id = person.id
    db.session.flush()
    for each in (owner.user_id, person.id):
        counts.recount(campaign.id, each)
    orders.mails(campaign.id, orders.ASKED, only=str(person.id))
    audit.record("review.reassign", campaign, actor, person=str(person.id), before=str(owner.user_id))


def _hand_over(campaign_id: uuid.UUID, before: uuid.UUID, after: uuid.UUID) -> None:
    duties = sa.select(CampaignDuty.room_id).where(CampaignDuty.campaign_id == campaign_id)
    theirs = duties.where(CampaignDuty.user_id == after)
    fresh = duties.where(CampaignDuty.user_id == before, CampaignDuty.room_id.not_in(theirs))
    rows = [{"campaign_id": campaign_id, "user_id": after, "room_id": key} for key in db.session.scalars(fresh)]
    if rows:
        db.session.execute(sa.insert(CampaignDuty), rows)
    gone = sa.delete(CampaignDuty).where(CampaignDuty.campaign_id == campaign_id, CampaignDuty.user_id == before)
    db.session.execute(gone.execution_options(synchronize_session=False))
    if db.session.get(CampaignOwner, (campaign_id, after)) is None:
        db.session.add(CampaignOwner(campaign_id=campaign_id, user_id=after))
        row = sa.update(Campaign).where(Campaign.id == campaign_id).values(owners=Campaign.owners + 1)
        db.session.execute(row.execution_options(synchronize_session=False))
    db.session.flush()
