"""A campaign begins: the roles of its first moment are written down, some rooms at a time.

Roles are dated rows, so that what a later piece finds is what an earlier one would have found. A piece and how far it
came are one transaction: one that was cut off, or done twice, leaves nothing.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.access.as_of import holds, is_there
from webapp.accounts.models import User
from webapp.core.db import Model, db, pieces, utcnow
from webapp.reviews import orders
from webapp.reviews.models import (
    Campaign,
    CampaignDuty,
    CampaignLine,
    CampaignOwner,
    CampaignPerson,
    CampaignRoom,
    CampaignState,
    LineOutcome,
)
from webapp.rooms.models import Access, Role, Room

ROOMS = 25  # in one piece: less than a tenth of a second under SQLite's only write lock

By = dict[uuid.UUID, list[Access]]


def next_piece(campaign: Campaign) -> bool:
    """Write down the roles of the next rooms; False when there were none left. Commits."""
    rooms = _next(campaign)
    if not _advance(campaign, rooms):
        db.session.rollback()
        return True
    if rooms:
        _freeze(campaign, rooms)
    else:
        orders.mails(campaign.id, orders.ASKED)
    db.session.commit()
    return bool(rooms)


def _next(campaign: Campaign) -> Sequence[Room]:
    after = uuid.UUID(campaign.after) if campaign.after else None
    rooms = sa.select(Room).where(Room.created_at <= campaign.created_at, is_there(campaign.created_at))
    if not campaign.everywhere:
        chosen = sa.select(CampaignRoom.room_id).where(CampaignRoom.campaign_id == campaign.id)
        rooms = rooms.where(Room.id.in_(chosen))
    if after is not None:
        rooms = rooms.where(Room.id > after)
    return db.session.scalars(rooms.order_by(Room.id).limit(ROOMS)).all()


def _advance(campaign: Campaign, rooms: Sequence[Room]) -> bool:
    """Note how far this piece comes; False when another worker was there first."""
    mine = sa.update(Campaign).where(
        Campaign.id == campaign.id, Campaign.state == CampaignState.STARTING, Campaign.after == campaign.after
    )
    state = {"after": rooms[-1].id.hex} if rooms else {"after": "", "state": CampaignState.OPEN}
    return bool(db.changed(mine.values(worked_at=utcnow(), **state)))


def _freeze(campaign: Campaign, rooms: Sequence[Room]) -> None:
    by_room: By = {room.id: [] for room in rooms}
    roles = sa.select(Access).where(Access.room_id.in_(by_room), holds(Access, campaign.created_at))
    for access in db.session.scalars(roles.options(joinedload(Access.user), joinedload(Access.granted_by))):
        by_room[access.room_id].append(access)
    asked = {access.id for accesses in by_room.values() for access in accesses if not _answers_alone(access, accesses)}
    _add(CampaignLine, [_line(campaign, access, asked) for accesses in by_room.values() for access in accesses])
    _keep_rooms(campaign, rooms, {key: sum(a.id in asked for a in accesses) for key, accesses in by_room.items()})
    duties = _duties(campaign, by_room)
    _add(CampaignDuty, [{"campaign_id": campaign.id, "user_id": who, "room_id": room} for who, room in duties])
    keep_people(campaign.id, _named(by_room) | _starter(campaign))
    owners = _add_to_owners(campaign, duties, by_room, asked)
    counters = {"rooms": Campaign.rooms + len(rooms), "total": Campaign.total + len(asked)}
    db.session.execute(
        sa.update(Campaign).where(Campaign.id == campaign.id).values(owners=Campaign.owners + owners, **counters),
        execution_options={"synchronize_session": False},
    )


def _answers_alone(access: Access, accesses: Collection[Access]) -> bool:
    """The only owner of a room answers for it: nobody is there to ask about them."""
    owners = sum(each.role is Role.OWNER for each in accesses)
    return access.role is Role.OWNER and owners == 1


def _line(campaign: Campaign, access: Access, asked: Collection[uuid.UUID]) -> dict[str, Any]:
    return {
        "campaign_id": campaign.id,
        "room_id": access.room_id,
        "access_id": access.id,
        "user_id": access.user_id,
        "role": access.role,
        "granted_at": access.granted_at,
        "granted_by_id": access.granted_by_id,
        "outcome": LineOutcome.OPEN if access.id in asked else LineOutcome.NOT_ASKED,
    }


def _keep_rooms(campaign: Campaign, rooms: Sequence[Room], counts: dict[uuid.UUID, int]) -> None:
    """Chosen rooms have their rows already."""
    kept = {room.id: {"name": room.name, "slug": room.slug, "total": counts[room.id]} for room in rooms}
    if campaign.everywhere:
        _add(
            CampaignRoom, [{"campaign_id": campaign.id, "room_id": k, "open": v["total"], **v} for k, v in kept.items()]
        )
        return
    for room_id, values in kept.items():
        row = sa.update(CampaignRoom).where(CampaignRoom.campaign_id == campaign.id, CampaignRoom.room_id == room_id)
        db.session.execute(row.values(open=values["total"], **values), execution_options={"synchronize_session": False})


def _duties(campaign: Campaign, by_room: By) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Who answers for which room: its owners, or where there is none whoever started the campaign."""
    found = []
    for room_id, accesses in by_room.items():
        owners = [access.user_id for access in accesses if access.role is Role.OWNER]
        if not owners and campaign.started_by_id is not None:
            owners = [campaign.started_by_id]
        found += [(owner, room_id) for owner in owners]
    return found


def _named(by_room: By) -> dict[uuid.UUID, User]:
    accesses = [access for accesses in by_room.values() for access in accesses]
    givers = [access.granted_by for access in accesses if access.granted_by is not None]
    return {user.id: user for user in (*(access.user for access in accesses), *givers)}


def _starter(campaign: Campaign) -> dict[uuid.UUID, User]:
    """Whoever started it is named in the evidence, and answers for rooms that nobody owns."""
    starter = db.session.get(User, campaign.started_by_id) if campaign.started_by_id else None
    return {starter.id: starter} if starter is not None else {}


def keep_people(campaign_id: uuid.UUID, people: dict[uuid.UUID, User]) -> None:
    """Write down what those are called of whom the campaign does not know it yet."""
    for some in pieces(sorted(people)):
        known = sa.select(CampaignPerson.user_id).where(CampaignPerson.campaign_id == campaign_id)
        there = set(db.session.scalars(known.where(CampaignPerson.user_id.in_(some))))
        fresh = [people[key] for key in some if key not in there]
        _add(
            CampaignPerson,
            [{"campaign_id": campaign_id, "user_id": p.id, "name": p.name, "email": p.email} for p in fresh],
        )


def _add_to_owners(
    campaign: Campaign, duties: Iterable[tuple[uuid.UUID, uuid.UUID]], by_room: By, asked: Collection[uuid.UUID]
) -> int:
    """Count the rooms and roles of this piece for those who answer for them; returns how many of them are new."""
    rooms: Counter[uuid.UUID] = Counter()
    roles: dict[uuid.UUID, int] = defaultdict(int)
    for owner, room_id in duties:
        rooms[owner] += 1
        roles[owner] += sum(a.id in asked and a.user_id != owner for a in by_room[room_id])
    mine = sa.select(CampaignOwner.user_id).where(CampaignOwner.campaign_id == campaign.id)
    there: set[uuid.UUID] = set()
    for some in pieces(sorted(rooms)):
        there |= set(db.session.scalars(mine.where(CampaignOwner.user_id.in_(some))))
    fresh = sorted(set(rooms) - there)
    _add(CampaignOwner, [{"campaign_id": campaign.id, "user_id": owner} for owner in fresh])
    for owner, count in sorted(rooms.items()):
        total = CampaignOwner.total + roles[owner]
        values = {"rooms": CampaignOwner.rooms + count, "total": total, "open": CampaignOwner.open + roles[owner]}
        permille = sa.case((total == 0, 1000), else_=0)
        row = sa.update(CampaignOwner).where(CampaignOwner.campaign_id == campaign.id, CampaignOwner.user_id == owner)
        db.session.execute(row.values(permille=permille, **values), execution_options={"synchronize_session": False})
    return len(fresh)


def _add(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(sa.insert(model), rows)
