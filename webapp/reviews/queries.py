"""What admins see of campaigns: the list, one of them, and who answers for how much."""

import enum
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.core import counting, paging
from webapp.core.counting import Tally
from webapp.core.db import db, utcnow
from webapp.mails.models import Mail, MailState
from webapp.reviews.models import REST, Campaign, CampaignDuty, CampaignOwner, CampaignPerson, CampaignState
from webapp.reviews.orders import TO_OWNERS
from webapp.rooms import slugs
from webapp.rooms.models import Access, Room, is_open
from webapp.rooms.policy import HOSTS

MOST = 1_000

LOST = (MailState.REFUSED, MailState.GAVE_UP)


CAN_ANSWER = CampaignOwner.user_id.in_(sa.select(User.id).where(ABLE).correlate(None))


class OwnerShow(enum.Enum):
    """Which of those who answer are listed."""

    UNFINISHED = "unfinished"
    NOT_STARTED = "not_started"
    UNREACHABLE = "unreachable"  # disabled, never signed in, or their mail came back
    FINISHED = "finished"
    ALL = "all"


@dataclass(frozen=True)
class OwnerFilters(paging.Filters):
    """What the reader of a campaign asked for."""

    show: OwnerShow = paging.asked("show", paging.one_of(OwnerShow), OwnerShow.UNFINISHED)
    user_id: uuid.UUID | None = paging.asked("person", paging.key)


@dataclass(frozen=True)
class ReviewOwner:
    """Somebody who answers: what they answer for, who they are now (None: nobody any more), and their last mail."""

    owner: CampaignOwner
    named: CampaignPerson
    user: User | None
    mail: Mail | None = None

    @property
    def unreachable(self) -> bool:
        """They cannot answer, or nobody knows how to ask them."""
        able = self.user is not None and self.user.is_active and not self.user.pending
        return not able or (self.mail is not None and self.mail.state in LOST)


def page(at: paging.Place) -> paging.Page[Campaign]:
    """One page of campaigns, the newest first."""
    order = paging.by_key(Campaign.id, lambda campaign: campaign.id)
    select = sa.select(Campaign).options(joinedload(Campaign.started_by))
    return paging.turn(lambda rows: db.session.scalars(rows).all(), select, order, at)


def running() -> Campaign | None:
    """The campaign that ends first of those that are open."""
    there = sa.select(Campaign).where(Campaign.state == CampaignState.OPEN)
    return db.session.scalar(there.order_by(Campaign.ends_at, Campaign.id).limit(1))


def one(campaign_id: uuid.UUID, *, lock: bool = False) -> Campaign | None:
    """One campaign, with who started and who ended it; `lock` holds its row until the commit."""
    if lock:
        db.session.execute(sa.select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
    found = sa.select(Campaign).where(Campaign.id == campaign_id)
    found = found.options(joinedload(Campaign.started_by), joinedload(Campaign.ended_by))
    return db.session.scalar(found.execution_options(populate_existing=True))


def names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these campaigns are called."""
    rows = db.session.execute(sa.select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids)))
    return {row.id: row.name for row in rows}


def owner(campaign: Campaign, user_id: uuid.UUID) -> ReviewOwner | None:
    """One of those who answer, with their last mail."""
    return next(iter(_with_mails(campaign, _read(_owners(campaign).where(CampaignOwner.user_id == user_id)))), None)


def _place(text: str) -> tuple[Any, ...]:
    share, key = text.split("-")
    return min(int(share), 1000), uuid.UUID(key)


ORDER = paging.Order(
    (CampaignOwner.permille, CampaignOwner.user_id),
    lambda row: f"{row.owner.permille}-{row.owner.user_id.hex}",
    _place,
    descending=False,
)


def owners(campaign: Campaign, filters: OwnerFilters, at: paging.Place) -> paging.Page[ReviewOwner]:
    """One page of those who answer, the least checked first."""
    select = _owners(campaign)
    if filters.user_id is not None:
        select = select.where(CampaignOwner.user_id == filters.user_id)
    else:
        select = select.where(*_shown(filters.show))
    found = paging.turn(_read, select, ORDER, at)
    return paging.Page(_with_mails(campaign, found.rows), found.newer, found.older)


def owner_counts(campaign: Campaign) -> dict[OwnerShow, Tally]:
    """How many each choice would list."""
    one = sa.select(sa.literal(1)).select_from(CampaignOwner).outerjoin(User, User.id == CampaignOwner.user_id)
    one = one.where(CampaignOwner.campaign_id == campaign.id)
    return counting.up_to(MOST, {show: one.where(*_shown(show)) for show in OwnerShow})


def remindable(campaign: Campaign) -> int:
    """How many have not finished and got no reminder today; no more than MOST are counted."""
    now = utcnow()
    rested = sa.or_(CampaignOwner.reminded_at.is_(None), CampaignOwner.reminded_at <= now - REST)
    mine = sa.select(CampaignOwner.user_id).where(CampaignOwner.campaign_id == campaign.id, CampaignOwner.open > 0)
    return counting.up_to(MOST, {"": mine.where(rested, CAN_ANSWER)})[""].number


def rooms_not_seen(campaign: Campaign, owner_id: uuid.UUID, person: User) -> int:
    """In how many rooms that one answers for somebody else may not see who has access."""
    seen = sa.select(Access.room_id).where(Access.user_id == person.id, is_open(Access), Access.role.in_(HOSTS))
    rooms = sa.select(sa.func.count()).where(
        CampaignDuty.campaign_id == campaign.id, CampaignDuty.user_id == owner_id, CampaignDuty.room_id.not_in(seen)
    )
    return db.session.scalar(rooms) or 0


def rooms_by_links(links: Collection[str]) -> tuple[list[Room], list[str]]:
    """The rooms of these links, and the links that lead to none."""
    tails = {link: link.rstrip("/").rsplit("/", 1)[-1] for link in links}
    meant = {link: [tail, *slugs.as_meant(tail)] for link, tail in tails.items()}
    wanted = {slug for some in meant.values() for slug in some}
    rooms = {
        room.slug: room
        for room in db.session.scalars(sa.select(Room).where(Room.slug.in_(wanted), Room.deleted_at.is_(None)))
    }
    found = {link: next((rooms[slug] for slug in some if slug in rooms), None) for link, some in meant.items()}
    there = {room.id: room for room in found.values() if room is not None}
    return list(there.values()), [link for link, room in found.items() if room is None]


def _owners(campaign: Campaign) -> sa.Select[Any]:
    named = sa.and_(
        CampaignPerson.campaign_id == CampaignOwner.campaign_id, CampaignPerson.user_id == CampaignOwner.user_id
    )
    columns: tuple[Any, ...] = (CampaignOwner, CampaignPerson, User)
    select = sa.select(*columns).join(CampaignPerson, named)
    return select.outerjoin(User, User.id == CampaignOwner.user_id).where(CampaignOwner.campaign_id == campaign.id)


def _shown(show: OwnerShow) -> tuple[sa.ColumnElement[bool], ...]:
    lost = sa.exists().where(
        Mail.about_id == CampaignOwner.campaign_id,
        Mail.user_id == CampaignOwner.user_id,
        Mail.kind.in_(TO_OWNERS),
        Mail.state.in_(LOST),
    )
    able = sa.and_(User.id.is_not(None), User.disabled_at.is_(None), User.sub.is_not(None))
    asked = CampaignOwner.total > 0
    conditions = {
        OwnerShow.UNFINISHED: (CampaignOwner.permille < 1000, asked),
        OwnerShow.NOT_STARTED: (asked, CampaignOwner.open == CampaignOwner.total),
        OwnerShow.UNREACHABLE: (CampaignOwner.permille < 1000, asked, sa.or_(~able, lost)),
        OwnerShow.FINISHED: (CampaignOwner.permille == 1000, asked),
    }
    return conditions.get(show, (sa.true(),))


def _read(select: sa.Select[Any]) -> Sequence[ReviewOwner]:
    return [ReviewOwner(*row) for row in db.session.execute(select)]


def _with_mails(campaign: Campaign, rows: Sequence[ReviewOwner]) -> list[ReviewOwner]:
    mails = sa.select(Mail).where(Mail.about_id == campaign.id, Mail.kind.in_(TO_OWNERS))
    mails = mails.where(Mail.user_id.in_([row.owner.user_id for row in rows])).order_by(Mail.id)
    last = {mail.user_id: mail for mail in db.session.scalars(mails)}
    return [ReviewOwner(row.owner, row.named, row.user, last.get(row.owner.user_id)) for row in rows]
