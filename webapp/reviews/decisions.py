"""What those who answer for a room decide about its people: kept as rows, and by whoever was first.

The caller holds the room's row, as for any change of who has access.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp import audit
from webapp.access import service as access_service
from webapp.access.telling import Gesture
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.reviews import counts, snapshot
from webapp.reviews.models import (
    Campaign,
    CampaignDecision,
    CampaignLine,
    CampaignState,
    DecisionKind,
    LineOutcome,
)
from webapp.rooms.models import Access, Room


class DecidedBefore(Exception):
    """Somebody else was first, or the person has no role in the room any more."""


@dataclass(frozen=True)
class Decider:
    """Who decides: the person, and the actor of the trail."""

    user: User
    actor: Actor


@dataclass(frozen=True)
class Subject:
    """What is decided about: a line, whose it is, and the role that the person has now, if any."""

    line: CampaignLine
    person: User
    now: Access | None


def confirm(campaign: Campaign, subject: Subject, by: Decider) -> None:
    """Let the person keep the role that they have now. Raises CampaignOver, DecidedBefore."""
    _confirm(campaign, subject, by)
    audit.record("review.confirm", subject.line.access_id.hex, by.actor, **_details(subject))


def confirm_many(campaign: Campaign, room: Room, subjects: Sequence[Subject], by: Decider) -> int:
    """Confirm those of these that nobody has decided about; returns how many. Raises CampaignOver."""
    counts.hold(campaign.id, CampaignState.OPEN)
    done = 0
    for subject in subjects:
        try:
            with db.collision_safe():
                _confirm(campaign, subject, by)
        except DecidedBefore:
            continue
        done += 1
    if done:
        audit.record("review.confirm_many", campaign, by.actor, room_id=room.id, count=done)
    return done


def _confirm(campaign: Campaign, subject: Subject, by: Decider) -> None:
    counts.hold(campaign.id, CampaignState.OPEN)
    if subject.now is None:
        raise DecidedBefore
    _decide(subject, LineOutcome.OPEN, LineOutcome.CONFIRMED, DecisionKind.CONFIRM, by.user)


def remove(campaign: Campaign, room: Room, subject: Subject, by: Decider) -> None:
    """Take the person's role in the room away. Raises CampaignOver, DecidedBefore, access.service.LastOwner."""
    counts.hold(campaign.id, CampaignState.OPEN)
    if subject.now is None:
        raise DecidedBefore
    _decide(subject, LineOutcome.OPEN, LineOutcome.REMOVED, DecisionKind.REMOVE, by.user)
    access_service.revoke(room, subject.now, actor=by.actor, gesture=Gesture())  # not to be undone
    audit.record("review.remove", subject.line.access_id.hex, by.actor, **_details(subject))


def undo(campaign: Campaign, subject: Subject, by: Decider) -> None:
    """Take a confirmation back. Raises CampaignOver, DecidedBefore."""
    counts.hold(campaign.id, CampaignState.OPEN)
    _decide(subject, LineOutcome.CONFIRMED, LineOutcome.OPEN, DecisionKind.UNDO, by.user)
    audit.record("review.undo", subject.line.access_id.hex, by.actor, **_details(subject))


def settle(line: CampaignLine, before: LineOutcome, after: LineOutcome, at: datetime, by: uuid.UUID | None) -> bool:
    """Give a line its outcome, unless it has another one than this by now; counted. The campaign is held."""
    mine = sa.update(CampaignLine).where(
        CampaignLine.campaign_id == line.campaign_id,
        CampaignLine.room_id == line.room_id,
        CampaignLine.access_id == line.access_id,
        CampaignLine.outcome == before,
    )
    open_again = after is LineOutcome.OPEN
    values = {"decided_at": None if open_again else at, "decided_by_id": None if open_again else by}
    mine = mine.values(outcome=after, **values).execution_options(synchronize_session=False)
    if not db.changed(mine):
        return False
    counts.move(line, before, after)
    return True


def _decide(subject: Subject, before: LineOutcome, after: LineOutcome, kind: DecisionKind, by: User) -> None:
    line, now = subject.line, utcnow()
    if not settle(line, before, after, now, by.id):
        raise DecidedBefore
    snapshot.keep_people(line.campaign_id, {by.id: by})
    whose = {"campaign_id": line.campaign_id, "room_id": line.room_id, "access_id": line.access_id}
    db.session.add(CampaignDecision(user_id=line.user_id, kind=kind, at=now, by_id=by.id, **whose))
    db.session.flush()


def _details(subject: Subject) -> dict[str, Any]:
    role = (subject.now or subject.line).role
    return {"room_id": subject.line.room_id, "person": str(subject.person.id), "role": role.value}
