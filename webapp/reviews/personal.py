"""What reviews of access keep about people: their names when they were asked about, and what they decided."""

from collections.abc import Iterator

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db
from webapp.reviews import orders
from webapp.reviews.models import Campaign, CampaignDecision, CampaignLine, CampaignPerson, CampaignState


def _named(user: User) -> Iterator[Record]:
    rows = sa.select(CampaignPerson, Campaign.name).join(Campaign, Campaign.id == CampaignPerson.campaign_id)
    theirs = rows.where(CampaignPerson.user_id == user.id).order_by(Campaign.id)
    for person, review in db.session.execute(theirs):
        yield {"review": review, **fields(person, "campaign_id", "name", "email")}


def _lines(user: User) -> Iterator[Record]:
    rows = sa.select(CampaignLine).where(CampaignLine.user_id == user.id)
    for line in db.session.scalars(rows.order_by(CampaignLine.campaign_id, CampaignLine.room_id)):
        yield fields(line, "campaign_id", "room_id", "role", "granted_at", "outcome", "decided_at")


def _decisions(user: User) -> Iterator[Record]:
    rows = sa.select(CampaignDecision).where(CampaignDecision.by_id == user.id).order_by(CampaignDecision.id)
    yield from (fields(row, "campaign_id", "room_id", "kind", "at") for row in db.session.scalars(rows))


def _forget(user: User, _actor: Actor) -> None:
    """The evidence of reviews that are over names nobody in their place, and is built anew with another hash."""
    named = sa.select(CampaignPerson.campaign_id).where(CampaignPerson.user_id == user.id)
    reviews = db.session.scalars(sa.select(Campaign).where(Campaign.id.in_(named)).order_by(Campaign.id)).all()
    emptied = sa.update(CampaignPerson).where(CampaignPerson.user_id == user.id).values(name="", email="")
    db.session.execute(emptied, execution_options={"synchronize_session": False})
    for review in reviews:
        if review.state is CampaignState.CLOSED:
            review.evidence_sha256, review.evidence_size, review.evidence_at = "", None, None
            due.add(orders.PROVE, campaign_id=str(review.id))


REVIEWS = PersonalData(
    {"reviews_that_name_me": _named, "roles_reviewed": _lines, "review_decisions": _decisions}, _forget
)
