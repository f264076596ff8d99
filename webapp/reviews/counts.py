"""The counters of a campaign, of its rooms and of those who answer for them: they move with each line, in one order.

Whoever changes the outcome of a line holds the campaign's row from here to the commit, so that no two count at once.
"""

import uuid
from typing import Any

import sqlalchemy as sa

from webapp.core.db import db
from webapp.reviews.models import (
    Campaign,
    CampaignDuty,
    CampaignLine,
    CampaignOwner,
    CampaignRoom,
    CampaignState,
    LineOutcome,
)

COUNTED = {
    LineOutcome.CONFIRMED: "confirmed",
    LineOutcome.REMOVED: "removed",
    LineOutcome.GONE: "gone",
    LineOutcome.EXPIRED: "expired",
}
UNCHECKED = {LineOutcome.OPEN, LineOutcome.LEFT_OPEN, LineOutcome.EXPIRED}  # nobody looked at it


class CampaignOver(Exception):
    """The campaign is not open (any more)."""


def hold(campaign_id: uuid.UUID, state: CampaignState) -> None:
    """Keep others who count from doing so until the commit. Raises CampaignOver when the state is another one."""
    held = sa.select(Campaign.id).where(Campaign.id == campaign_id).with_for_update()
    db.session.execute(held)
    if db.session.scalar(sa.select(Campaign.state).where(Campaign.id == campaign_id)) is not state:
        raise CampaignOver


def move(line: CampaignLine, before: LineOutcome, after: LineOutcome) -> None:
    """Count a line, whose outcome has become another one, where it belongs now."""
    changes = {COUNTED[each]: step for each, step in ((before, -1), (after, 1)) if each in COUNTED}
    _add_to(Campaign, Campaign.id == line.campaign_id, changes)
    step = (after in UNCHECKED) - (before in UNCHECKED)
    if step:
        _add_to(CampaignRoom, _of(CampaignRoom, line), {"open": step})
    removed = (after is LineOutcome.REMOVED) - (before is LineOutcome.REMOVED)
    if step or removed:
        _count_for_owners(line, step, removed)


def _of(model: type[CampaignRoom], line: CampaignLine) -> sa.ColumnElement[bool]:
    return sa.and_(model.campaign_id == line.campaign_id, model.room_id == line.room_id)


def _add_to(model: type[Campaign | CampaignRoom], which: sa.ColumnElement[bool], steps: dict[str, int]) -> None:
    if steps:
        values = {name: getattr(model, name) + step for name, step in steps.items()}
        row = sa.update(model).where(which).values(**values)
        db.session.execute(row, execution_options={"synchronize_session": False})


def _count_for_owners(line: CampaignLine, step: int, removed: int) -> None:
    """For all who answer for the room but the one whose role it is."""
    duties = sa.select(CampaignDuty.user_id).where(
        CampaignDuty.campaign_id == line.campaign_id, CampaignDuty.room_id == line.room_id
    )
    owners = sa.update(CampaignOwner).where(
        CampaignOwner.campaign_id == line.campaign_id,
        CampaignOwner.user_id.in_(duties),
        CampaignOwner.user_id != line.user_id,
    )
    left = CampaignOwner.open + step
    values = {"open": left, "removed": CampaignOwner.removed + removed, "permille": share(CampaignOwner.total, left)}
    db.session.execute(owners.values(**values), execution_options={"synchronize_session": False})


def share(total: Any, left: Any) -> sa.ColumnElement[int]:
    """How much is checked, of a thousand; all of it where nothing is asked."""
    return sa.case((total == 0, 1000), else_=(total - left) * 1000 // total)


def recount(campaign_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Count anew what somebody answers for whose duties have changed."""
    rooms = sa.select(CampaignDuty.room_id).where(
        CampaignDuty.campaign_id == campaign_id, CampaignDuty.user_id == user_id
    )
    lines = sa.select(CampaignLine.outcome, sa.func.count()).where(
        CampaignLine.campaign_id == campaign_id,
        CampaignLine.room_id.in_(rooms),
        CampaignLine.user_id != user_id,
        CampaignLine.outcome.not_in([LineOutcome.NOT_ASKED, LineOutcome.CAME]),
    )
    found = {outcome: count for outcome, count in db.session.execute(lines.group_by(CampaignLine.outcome))}  # noqa: C416
    total, left = sum(found.values()), sum(found.get(each, 0) for each in UNCHECKED)
    values = {
        "rooms": db.session.scalar(sa.select(sa.func.count()).select_from(rooms.subquery())),
        "total": total,
        "open": left,
        "removed": found.get(LineOutcome.REMOVED, 0),
        "permille": (total - left) * 1000 // total if total else 1000,
    }
    row = sa.update(CampaignOwner).where(CampaignOwner.campaign_id == campaign_id, CampaignOwner.user_id == user_id)
    db.session.execute(row.values(**values), execution_options={"synchronize_session": False})
