"""What campaigns do by the clock: they begin, tell, end and close in pieces, each of which may be cut off."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.audit import Actor
from webapp.core import leases
from webapp.core.db import PAUSE, db, utcnow
from webapp.core.due import NotYet
from webapp.core.planning import PLANNED_ANEW
from webapp.reviews import closing, counts, decisions, orders, queries, service, snapshot
from webapp.reviews.models import LEAD, AtEnd, Campaign, CampaignLine, CampaignState, LineOutcome
from webapp.rooms.models import Access, Room, is_open

PIECE = 60  # seconds after which the rest is left to another piece of due work
STUCK = timedelta(minutes=15)  # without a step, after which the work is ordered anew
ENDED = 500  # lines without a role that are settled at a time
SHORT = timedelta(hours=12)  # after being asked nobody is reminded


def start(campaign_id: str) -> None:
    """Write down the roles of a campaign that begins: the handler of due work. Commits. Raises NotYet."""
    _work_on(campaign_id, CampaignState.STARTING, snapshot.next_piece, orders.start)


def close(campaign_id: str) -> None:
    """Close the rooms of a campaign that has ended: the handler of due work. Commits. Raises NotYet."""
    _work_on(campaign_id, CampaignState.CLOSING, closing.next_piece, orders.close)


def _work_on(
    campaign_id: str, state: CampaignState, piece: Callable[[Campaign], bool], order: Callable[[Campaign], None]
) -> None:
    deadline = time.monotonic() + PIECE
    with leases.held(f"review:{campaign_id}") as mine:
        if not mine:
            raise NotYet("busy")
        while (campaign := _in(campaign_id, state)) is not None:
            if time.monotonic() > deadline:
                order(campaign)
                db.session.commit()
                return
            leases.last()
            piece(campaign)
            time.sleep(PAUSE)


def _in(campaign_id: str, state: CampaignState) -> Campaign | None:
    campaign = db.session.get(Campaign, uuid.UUID(campaign_id), populate_existing=True)
    db.session.commit()
    return campaign if campaign is not None and campaign.state is state else None


def follow() -> None:
    """Let each campaign do what its time has come for. Commits."""
    running = sa.select(Campaign.id).where(Campaign.state != CampaignState.CLOSED).order_by(Campaign.id)
    keys = db.session.scalars(running).all()
    db.session.commit()
    for key in keys:
        while _settle_gone(key):
            pass
        _step(key)


def _step(campaign_id: uuid.UUID) -> None:
    campaign = queries.one(campaign_id, lock=True)
    now = utcnow()
    if campaign is None:
        return
    if campaign.is_open and now >= campaign.ends_at:
        service.end(campaign, actor=Actor.system())
    elif campaign.is_open and _is_near(campaign):
        service.tell(campaign)
    elif campaign.state in {CampaignState.STARTING, CampaignState.CLOSING} and campaign.worked_at < now - STUCK:
        campaign.worked_at = now
        (orders.start if campaign.state is CampaignState.STARTING else orders.close)(campaign)
    db.session.commit()


def _is_near(campaign: Campaign) -> bool:
    """Whoever was asked only just now needs no reminder; whoever may lose access is told in any case."""
    near = campaign.ends_at - LEAD
    is_long = campaign.at_end is AtEnd.REMOVE or campaign.created_at + SHORT <= near
    return campaign.told_at is None and utcnow() >= near and is_long


def _settle_gone(campaign_id: uuid.UUID) -> bool:
    """Settle lines whose people have no role any more; True when there may be more of them. Commits."""
    campaign = db.session.get(Campaign, campaign_id, populate_existing=True)
    lines = _gone(campaign) if campaign is not None and campaign.is_open else []
    db.session.commit()
    done = 0
    if lines:
        try:
            counts.hold(campaign_id, CampaignState.OPEN)
        except counts.CampaignOver:
            db.session.rollback()
            return False
        done = sum(decisions.settle(line, LineOutcome.OPEN, LineOutcome.GONE, utcnow(), None) for line in lines)
        db.session.commit()
    return done == ENDED


def _gone(campaign: Campaign) -> Sequence[CampaignLine]:
    """Open lines whose role ended since the start with none in its place, or whose room was deleted.

    Asked from what ended, which is little beside what is reviewed.
    """
    was, now = aliased(Access), aliased(Access)
    there = sa.exists().where(now.room_id == was.room_id, now.user_id == was.user_id, is_open(now))
    ended = sa.select(was.room_id, was.id).where(was.revoked_at > campaign.created_at, ~there)
    deleted = sa.select(Room.id).where(Room.deleted_at > campaign.created_at)
    mine = sa.select(CampaignLine).where(
        CampaignLine.campaign_id == campaign.id, CampaignLine.outcome == LineOutcome.OPEN
    )
    by_key = sa.tuple_(CampaignLine.room_id, CampaignLine.access_id)
    options = {"execution_options": PLANNED_ANEW}
    found = list(db.session.scalars(mine.where(by_key.in_(ended)).limit(ENDED), **options))
    known = {line.access_id for line in found}
    rest = db.session.scalars(mine.where(CampaignLine.room_id.in_(deleted)).limit(ENDED), **options)
    return [*found, *(line for line in rest if line.access_id not in known)][:ENDED]
