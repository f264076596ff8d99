"""Mails of a campaign are planned: some people at a time, each told once of each occasion."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.mails import service as mails
from webapp.reviews import orders
from webapp.reviews.models import Campaign, CampaignLine, CampaignOwner, LineOutcome

PEOPLE = 50  # in one piece: others write, too


def plan(campaign_id: str, mail: str, at: str, behind: str, only: str) -> None:
    """Plan the mails of the next people and order the rest; the handler of due work. Commits.

    Done twice it plans nothing twice: a mail is told by its kind, its campaign, its reader and its occasion. Where mail
    is not set up nobody is told, and so nobody is removed.
    """
    campaign = db.session.get(Campaign, uuid.UUID(campaign_id), populate_existing=True)
    if campaign is None or not campaign.is_open or not settings.mail_from:
        db.session.commit()
        return
    moment = datetime.fromisoformat(at) if at else None
    people = _next(_readers(campaign, mail, moment), behind, only)
    if mail == orders.ACCESS_ENDS:
        _note(campaign, people)
    deadline = campaign.ends_at if mail in {orders.ENDING, orders.ACCESS_ENDS} else moment
    known = set(db.session.scalars(sa.select(User.id).where(User.id.in_(people))))
    for person in people:
        if person in known:
            mails.post(mail, person, campaign.id, deadline=deadline)
    if len(people) == PEOPLE and not only:
        orders.mails(campaign.id, mail, at=moment, behind=people[-1].hex)
    db.session.commit()


def _readers(campaign: Campaign, kind: str, moment: datetime | None) -> sa.Select[Any]:
    if kind == orders.ACCESS_ENDS:
        lines = sa.select(CampaignLine.user_id).where(CampaignLine.campaign_id == campaign.id)
        return lines.where(CampaignLine.outcome == LineOutcome.OPEN).distinct()
    owners = sa.select(CampaignOwner.user_id).where(CampaignOwner.campaign_id == campaign.id, CampaignOwner.open > 0)
    return owners.where(CampaignOwner.reminded_at == moment) if kind == orders.REMINDER else owners


def _next(readers: sa.Select[Any], behind: str, only: str) -> Sequence[uuid.UUID]:
    key = readers.selected_columns[0]
    if only:
        readers = readers.where(key == uuid.UUID(only))
    if behind:
        readers = readers.where(key > uuid.UUID(behind))
    return db.session.scalars(readers.order_by(key).limit(PEOPLE)).all()


def _note(campaign: Campaign, people: Sequence[uuid.UUID]) -> None:
    """Only whose line says that they were told can lose the role at the end."""
    lines = sa.update(CampaignLine).where(
        CampaignLine.campaign_id == campaign.id,
        CampaignLine.user_id.in_(people),
        CampaignLine.outcome == LineOutcome.OPEN,
    )
    db.session.execute(lines.values(told_at=utcnow()), execution_options={"synchronize_session": False})
