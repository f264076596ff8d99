"""A campaign ends, room by room: what nobody checked is listed or removed, and what holds at the end is written down.

Each room, its counters and how far the work came are one transaction under the room's lock: one that was cut off, or
done twice, leaves nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp import audit
from webapp.access import queries as access_queries
from webapp.access import service as access_service
from webapp.access.telling import Gesture
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.mails.models import Mail
from webapp.reviews import decisions, orders, snapshot
from webapp.reviews.models import (
    NOTICE,
    AtEnd,
    Campaign,
    CampaignLine,
    CampaignOwner,
    CampaignRoom,
    CampaignState,
    LineOutcome,
)
from webapp.rooms.models import Access, Role, Room, is_open

RANKS = {Role.MEMBER: 0, Role.ADMINISTRATOR: 1, Role.OWNER: 2}
OWNERS = 500  # whose mails are looked up at a time


def next_piece(campaign: Campaign) -> bool:
    """Close the next room, or the campaign where there is none left: then False. Commits."""
    row = _next(campaign)
    if row is None:
        _keep_mails(campaign.id)
    room = _held(row) if row is not None else None
    if not _advance(campaign, row):
        db.session.rollback()
        return True
    if row is not None and room is not None:
        _close(campaign, row, room)
    elif row is None:
        audit.record("review.close", campaign, Actor.system(), count=campaign.unchecked, removed=campaign.expired)
        orders.prove(campaign)
    db.session.commit()
    return row is not None


def _next(campaign: Campaign) -> CampaignRoom | None:
    rooms = sa.select(CampaignRoom).where(CampaignRoom.campaign_id == campaign.id)
    if campaign.after:
        rooms = rooms.where(CampaignRoom.room_id > uuid.UUID(campaign.after))
    return db.session.scalar(rooms.order_by(CampaignRoom.room_id).limit(1))


def _held(row: CampaignRoom) -> Room | None:
    """The room, held: nobody changes who has access to it until the commit."""
    room = sa.select(Room).where(Room.id == row.room_id).with_for_update()
    return db.session.scalar(room.execution_options(populate_existing=True))


def _advance(campaign: Campaign, row: CampaignRoom | None) -> bool:
    """Note how far this comes; False when another worker was there first."""
    mine = sa.update(Campaign).where(
        Campaign.id == campaign.id, Campaign.state == CampaignState.CLOSING, Campaign.after == campaign.after
    )
    now = utcnow()
    values = {"after": row.room_id.hex} if row else {"after": "", "state": CampaignState.CLOSED, "closed_at": now}
    return bool(db.changed(mine.values(worked_at=now, **values).execution_options(synchronize_session=False)))


def _close(campaign: Campaign, row: CampaignRoom, room: Room) -> None:
    lines = _lines(campaign.id, room.id)
    people = {line.access_id: was.user for line, was in lines}
    gesture = Gesture()  # owners hear of all who are removed at once
    for line, _was in lines:
        if line.outcome is LineOutcome.OPEN:
            _end(campaign, line, room, _role(room, people[line.access_id]), gesture)
    now = {access.user_id: access for access in ([] if room.deleted_at else access_queries.people(room))}
    for line, was in lines:
        access = now.get(was.user_id)
        db.session.execute(
            _of(line).values(end_role=access.role if access else None),
            execution_options={"synchronize_session": False},
        )
    _keep_newcomers(campaign, now, {was.user_id for _line, was in lines})
    closed = sa.update(CampaignRoom).where(
        CampaignRoom.campaign_id == row.campaign_id, CampaignRoom.room_id == row.room_id
    )
    db.session.execute(closed.values(closed_at=utcnow()), execution_options={"synchronize_session": False})


def _lines(campaign_id: uuid.UUID, room_id: uuid.UUID) -> Sequence[tuple[CampaignLine, Access]]:
    """The lines of the room, lower roles first and newer ones before older: the first of its owners comes last."""
    lines = sa.select(CampaignLine, Access).join(Access, Access.id == CampaignLine.access_id)
    lines = lines.where(CampaignLine.campaign_id == campaign_id, CampaignLine.room_id == room_id)
    found = db.session.execute(lines.options(joinedload(Access.user)), execution_options={"populate_existing": True})
    rows = [(line, access) for line, access in found]
    rows.sort(key=lambda row: (row[0].granted_at, row[0].access_id), reverse=True)
    return sorted(rows, key=lambda row: RANKS[row[0].role])


def _role(room: Room, person: User) -> Access | None:
    mine = sa.select(Access).where(Access.room_id == room.id, Access.user_id == person.id, is_open(Access))
    return None if room.deleted_at else db.session.scalar(mine.options(joinedload(Access.user)))


def _end(campaign: Campaign, line: CampaignLine, room: Room, now: Access | None, gesture: Gesture) -> None:
    """Give a line that nobody checked its end."""
    outcome = LineOutcome.LEFT_OPEN
    if now is None:
        outcome = LineOutcome.GONE
    elif _may_remove(campaign, line, now):
        try:
            access_service.revoke(room, now, actor=Actor.system(), gesture=gesture)
            outcome = LineOutcome.EXPIRED
        except access_service.LastOwner:
            pass  # somebody has to answer for the room
    decisions.settle(line, LineOutcome.OPEN, outcome, utcnow(), None)


def _may_remove(campaign: Campaign, line: CampaignLine, now: Access) -> bool:
    """Nobody is removed who was not told a week before, nor whose role somebody has changed since the start."""
    if campaign.at_end is not AtEnd.REMOVE or campaign.ended_at is None or line.told_at is None:
        return False
    return now.id == line.access_id and line.told_at <= campaign.ended_at - NOTICE


def _of(line: CampaignLine) -> sa.Update:
    return sa.update(CampaignLine).where(
        CampaignLine.campaign_id == line.campaign_id,
        CampaignLine.room_id == line.room_id,
        CampaignLine.access_id == line.access_id,
    )


def _keep_newcomers(campaign: Campaign, now: Mapping[uuid.UUID, Access], known: set[uuid.UUID]) -> None:
    """Who came after the start is part of what holds at the end."""
    came = [access for user_id, access in sorted(now.items()) if user_id not in known]
    givers = {a.granted_by.id: a.granted_by for a in came if a.granted_by is not None}
    snapshot.keep_people(campaign.id, {access.user_id: access.user for access in came} | givers)
    for access in came:
        db.session.add(
            CampaignLine(
                campaign_id=campaign.id,
                room_id=access.room_id,
                access_id=access.id,
                user_id=access.user_id,
                role=access.role,
                granted_at=access.granted_at,
                granted_by_id=access.granted_by_id,
                outcome=LineOutcome.CAME,
                end_role=access.role,
            )
        )
    db.session.flush()


def _keep_mails(campaign_id: uuid.UUID) -> None:
    """Write down what became of the first mail to each who was asked: mails are forgotten after a while. Commits."""
    after: uuid.UUID | None = None
    mine = (Mail.about_id == campaign_id, Mail.user_id == CampaignOwner.user_id, Mail.kind == orders.ASKED)
    state = sa.select(sa.cast(Mail.state, sa.String)).where(*mine).limit(1).scalar_subquery()
    at = sa.select(Mail.ended_at).where(*mine).limit(1).scalar_subquery()
    values: dict[str, Any] = {"mail_state": sa.func.coalesce(state, ""), "mailed_at": at}
    while True:
        keys = sa.select(CampaignOwner.user_id).where(CampaignOwner.campaign_id == campaign_id)
        if after is not None:
            keys = keys.where(CampaignOwner.user_id > after)
        some = db.session.scalars(keys.order_by(CampaignOwner.user_id).limit(OWNERS)).all()
        if not some:
            return
        rows = sa.update(CampaignOwner).where(CampaignOwner.campaign_id == campaign_id)
        rows = rows.where(CampaignOwner.user_id.in_(some)).values(**values)
        db.session.execute(rows, execution_options={"synchronize_session": False})
        db.session.commit()
        after = some[-1]
