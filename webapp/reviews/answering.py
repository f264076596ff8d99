"""What those who answer for rooms see of a campaign: their rooms, the lines in them, and how far they are."""

import enum
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.accounts.models import User
from webapp.core import paging
from webapp.core.db import db
from webapp.reviews.decisions import Subject
from webapp.reviews.models import Campaign, CampaignDuty, CampaignLine, CampaignRoom, CampaignState, LineOutcome
from webapp.rooms.models import Access, Role, Room, is_open
from webapp.rooms.policy import HOSTS

TO_GO = (LineOutcome.OPEN,)
CHECKED = (LineOutcome.CONFIRMED, LineOutcome.REMOVED, LineOutcome.GONE)


class LineShow(enum.Enum):
    """Which lines: those that wait for the reader, those that were checked, or all."""

    TO_GO = "to_go"
    CHECKED = "checked"
    ALL = "all"


@dataclass(frozen=True)
class LineFilters(paging.Filters):
    """What the reader of the page asked for."""

    show: LineShow = paging.asked("show", paging.one_of(LineShow), LineShow.TO_GO)


@dataclass(frozen=True)
class ReviewedLine(Subject):
    """A line with all that is said of it: whose it is and what they are now, the room, and who decided."""

    room: Room
    was: Access
    decided_by: User | None


def asked_of(campaign_id: uuid.UUID, user: User) -> sa.Select[Any]:
    """The rooms that the user answers for: those that they own now, and those that they are asked about.

    Whoever was asked about a room has to be one who may see who has access to it still.
    """
    owned = sa.select(Access.room_id).where(Access.user_id == user.id, is_open(Access), Access.role == Role.OWNER)
    duties = sa.select(CampaignDuty.room_id).where(
        CampaignDuty.campaign_id == campaign_id, CampaignDuty.user_id == user.id
    )
    if not user.is_admin:
        hosted = sa.select(Access.room_id).where(Access.user_id == user.id, is_open(Access), Access.role.in_(HOSTS))
        duties = duties.where(CampaignDuty.room_id.in_(hosted))
    both = sa.union_all(owned, duties).subquery()
    return sa.select(both.c[0])


def is_asked(campaign: Campaign, user: User, room_id: uuid.UUID) -> bool:
    """The user answers for the room."""
    rooms = sa.select(CampaignRoom.room_id).where(
        CampaignRoom.campaign_id == campaign.id,
        CampaignRoom.room_id == room_id,
        CampaignRoom.room_id.in_(asked_of(campaign.id, user)),
    )
    return db.session.scalar(rooms) is not None


@dataclass(frozen=True)
class AnswerStanding:
    """How far somebody is with what they answer for."""

    rooms: int
    total: int
    confirmed: int
    removed: int
    left: int

    @property
    def checked(self) -> int:
        """What was looked at, also what had ended by itself."""
        return self.total - self.left


def standing(campaign: Campaign, user: User) -> AnswerStanding:
    """How far the user is; one's own role is for others to check, and not counted."""
    mine = asked_of(campaign.id, user)
    rooms = sa.select(sa.func.count()).select_from(CampaignRoom)
    rooms = rooms.where(CampaignRoom.campaign_id == campaign.id, CampaignRoom.room_id.in_(mine))
    lines = sa.select(CampaignLine.outcome, sa.func.count()).where(
        CampaignLine.campaign_id == campaign.id, CampaignLine.room_id.in_(mine), CampaignLine.user_id != user.id
    )
    lines = lines.where(CampaignLine.outcome.not_in([LineOutcome.NOT_ASKED, LineOutcome.CAME]))
    found = {row[0]: row[1] for row in db.session.execute(lines.group_by(CampaignLine.outcome))}
    left = sum(found.get(each, 0) for each in (LineOutcome.OPEN, LineOutcome.LEFT_OPEN, LineOutcome.EXPIRED))
    return AnswerStanding(
        db.session.scalar(rooms) or 0,
        sum(found.values()),
        found.get(LineOutcome.CONFIRMED, 0),
        found.get(LineOutcome.REMOVED, 0),
        left,
    )


def waiting(user: User) -> tuple[Campaign, int] | None:
    """The open campaign that ends first of those that wait for the user, and for how many rooms it does."""
    is_open_now = Campaign.state == CampaignState.OPEN
    owned = sa.select(Campaign.id, Access.room_id).join_from(Campaign, Access, is_open_now)
    owned = owned.where(Access.user_id == user.id, is_open(Access), Access.role == Role.OWNER)
    duties = sa.select(CampaignDuty.campaign_id, CampaignDuty.room_id).join(
        Campaign, sa.and_(Campaign.id == CampaignDuty.campaign_id, is_open_now)
    )
    asked = sa.union_all(owned, duties.where(CampaignDuty.user_id == user.id)).subquery()
    somebody_else = sa.exists().where(
        CampaignLine.campaign_id == asked.c[0],
        CampaignLine.room_id == asked.c[1],
        CampaignLine.outcome == LineOutcome.OPEN,
        CampaignLine.user_id != user.id,
    )
    rooms = sa.select(asked.c[0].label("id"), sa.func.count(sa.distinct(asked.c[1])).label("rooms"))
    rooms = rooms.where(somebody_else).group_by(asked.c[0])
    counted = rooms.subquery()
    first = sa.select(Campaign, counted.c.rooms).join(counted, counted.c.id == Campaign.id)
    row = db.session.execute(first.order_by(Campaign.ends_at, Campaign.id).limit(1)).one_or_none()
    return (row[0], row[1]) if row is not None else None


def page(campaign: Campaign, user: User, show: LineShow, at: paging.Place) -> paging.Page[ReviewedLine]:
    """One page of the lines of the user's rooms, room by room."""
    lines = _lines(campaign.id, user).where(CampaignLine.room_id.in_(asked_of(campaign.id, user)))
    outcomes = {LineShow.TO_GO: TO_GO, LineShow.CHECKED: CHECKED}.get(show)
    if outcomes is not None:
        lines = lines.where(CampaignLine.outcome.in_(outcomes))
    if show is LineShow.TO_GO:
        lines = lines.where(CampaignLine.user_id != user.id)
    return paging.turn(lambda rows: _read(rows, user), lines, ORDER, at)


def lines(
    campaign: Campaign, user: User, outcomes: Collection[LineOutcome], at: paging.Place
) -> paging.Page[ReviewedLine]:
    """One page of all lines with these outcomes, room by room."""
    found = _lines(campaign.id, user).where(CampaignLine.outcome.in_(outcomes))
    return paging.turn(lambda rows: _read(rows, user), found, ORDER, at)


def one(campaign: Campaign, user: User, room: Room, access_id: uuid.UUID) -> ReviewedLine | None:
    """One line of the room."""
    return next(iter(some(campaign, user, room, [access_id])), None)


def some(campaign: Campaign, user: User, room: Room, access_ids: Collection[uuid.UUID]) -> Sequence[ReviewedLine]:
    """These lines of the room, as they are now."""
    found = _lines(campaign.id, user).where(CampaignLine.room_id == room.id, CampaignLine.access_id.in_(access_ids))
    found = found.order_by(CampaignLine.access_id).execution_options(populate_existing=True)
    return _read(found, user)


def rooms(campaign: Campaign, room_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CampaignRoom]:
    """The rooms of the campaign with their counters."""
    found = sa.select(CampaignRoom).where(CampaignRoom.campaign_id == campaign.id, CampaignRoom.room_id.in_(room_ids))
    return {room.room_id: room for room in db.session.scalars(found)}


def _lines(campaign_id: uuid.UUID, user: User) -> sa.Select[Any]:
    """Lines with whose they are: whoever has the role today, should two accounts have become one."""
    was, now, mine, decided_by = aliased(Access), aliased(Access), aliased(Access), aliased(User)
    columns: tuple[Any, ...] = (CampaignLine, User, now, Room, was, decided_by, mine.role)
    select = sa.select(*columns).where(CampaignLine.campaign_id == campaign_id)
    select = select.join(was, was.id == CampaignLine.access_id).join(User, User.id == was.user_id)
    select = select.join(Room, Room.id == CampaignLine.room_id)
    same = sa.and_(now.room_id == CampaignLine.room_id, now.user_id == was.user_id, is_open(now))
    readers = sa.and_(mine.room_id == CampaignLine.room_id, mine.user_id == user.id, is_open(mine))
    return (
        select.outerjoin(now, same)
        .outerjoin(mine, readers)
        .outerjoin(decided_by, decided_by.id == CampaignLine.decided_by_id)
    )


def _read(select: sa.Select[Any], user: User) -> Sequence[ReviewedLine]:
    found = []
    for line, person, now, room, was, decided_by, role in db.session.execute(select):
        room.remember_role(user, role)
        found.append(ReviewedLine(line, person, None if room.deleted_at else now, room, was, decided_by))
    return found


def _place(text: str) -> tuple[uuid.UUID, ...]:
    room, access = text.split("-")
    return uuid.UUID(room), uuid.UUID(access)


ORDER = paging.Order(
    (CampaignLine.room_id, CampaignLine.access_id),
    lambda row: f"{row.line.room_id.hex}-{row.line.access_id.hex}",
    _place,
    descending=False,
)
