"""The evidence of a review: what held at its start and its end, who decided what and when, with the hash of each list.

Of a closed review all of it was written down and never changes: a second run gives the same bytes. Until then it is
interim. Times are UTC; nothing depends on who asks, or in which language.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.accounts.models import User
from webapp.core import archive, spreadsheet
from webapp.core.db import db, utcnow
from webapp.core.planning import PLANNED_ANEW
from webapp.reviews.models import (
    Campaign,
    CampaignDecision,
    CampaignLine,
    CampaignOwner,
    CampaignPerson,
    CampaignRoom,
    CampaignState,
    LineOutcome,
)
from webapp.rooms.models import Access, Role, is_open

PART = 1_000  # rows that are read at a time
UNCHECKED = (LineOutcome.OPEN, LineOutcome.LEFT_OPEN, LineOutcome.EXPIRED)
ABOUT = """Evidence of a review of access.

review.json           what was reviewed, when, by whom it was started and ended, and how many roles became what
access-at-start.csv   every role at the start of the review
access-at-end.csv     every role in these rooms when each was closed; of a review that is not closed, as of now
decisions.csv         who decided what about whom, and when, in that order; none is ever changed
not-checked.csv       roles that nobody checked, and what became of them
owners.csv            who answered for how many roles, and what became of the mail that asked them
manifest.json         the SHA-256, bytes and lines of each file above

Times are UTC. Of a closed review a second download has the same bytes, and the SHA-256 that its page shows.
"""
ROLE_HEAD = ("room_id", "room", "link", "person_id", "person", "email", "role")
START_HEAD = (*ROLE_HEAD, "granted_at", "granted_by", "outcome", "decided_at", "decided_by")
END_HEAD = (*ROLE_HEAD, "role_at_start", "outcome", "closed_at")
DECISION_HEAD = ("decision_id", "at", "decided_by_id", "decided_by", "decided_by_email", "decision", *ROLE_HEAD)
UNCHECKED_HEAD = (*ROLE_HEAD, "outcome", "told_at")
OWNER_HEAD = (
    "person_id",
    "person",
    "email",
    "rooms",
    "roles",
    "checked",
    "removed",
    "reminded_at",
    "handed_to",
    "mail",
    "mailed_at",
)


@dataclass
class _File:
    """One list, with what the manifest says of it once it is written."""

    name: str
    lines: Iterable[bytes]
    digest: Any = None
    size: int = 0
    count: int = 0

    def content(self) -> Iterator[bytes]:
        """The bytes, counted on their way."""
        self.digest = hashlib.sha256()
        for line in self.lines:
            self.digest.update(line)
            self.size += len(line)
            self.count += 1
            yield line

    @property
    def entry(self) -> dict[str, Any]:
        """Its line of the manifest."""
        return {"name": self.name, "sha256": self.digest.hexdigest(), "bytes": self.size, "lines": self.count}


def pack(campaign: Campaign) -> Iterator[bytes]:
    """The zip file, written as it is read: flat in memory however many roles there are."""
    files = [
        _File("about.txt", (line.encode() for line in ABOUT.splitlines(keepends=True))),
        _File("review.json", [_json(_facts(campaign))]),
        _File("access-at-start.csv", _csv(START_HEAD, _at_start(campaign))),
        _File("access-at-end.csv", _csv(END_HEAD, _at_end(campaign))),
        _File("decisions.csv", _csv(DECISION_HEAD, _decisions(campaign))),
        _File("not-checked.csv", _csv(UNCHECKED_HEAD, _not_checked(campaign))),
        _File("owners.csv", _csv(OWNER_HEAD, _owners(campaign))),
    ]

    def members() -> Iterator[archive.Member]:
        for file in files:
            yield file.name, file.content()
        yield "manifest.json", [_json({"review": str(campaign.id), "files": [file.entry for file in files]})]

    return archive.zipped(members())


def measure(campaign: Campaign) -> tuple[str, int]:
    """The SHA-256 of the pack, and how many bytes it has."""
    digest, size = hashlib.sha256(), 0
    for piece in pack(campaign):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


class NotReproduced(Exception):
    """Two runs over one closed review gave different bytes."""


def prove(campaign_id: str) -> None:
    """Build the evidence of a closed review twice, and keep its hash: the handler of due work. Commits.

    Raises NotReproduced.
    """
    campaign = db.session.get(Campaign, uuid.UUID(campaign_id), populate_existing=True)
    if campaign is None or campaign.state is not CampaignState.CLOSED:
        db.session.commit()
        return
    first, again = measure(campaign), measure(campaign)
    if first != again:
        raise NotReproduced
    campaign.evidence_sha256, campaign.evidence_size = first
    campaign.evidence_at = utcnow()
    db.session.commit()


def _facts(campaign: Campaign) -> dict[str, Any]:
    by = {key: _named(campaign.id, key) for key in (campaign.started_by_id, campaign.ended_by_id)}
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "state": "final" if campaign.state is CampaignState.CLOSED else "interim",
        "rooms": "all" if campaign.everywhere else "chosen",
        "roles_as_of": _moment(campaign.created_at),
        "started_by": by[campaign.started_by_id],
        "open_until": _moment(campaign.ends_at),
        "people_told_at": _moment(campaign.told_at),
        "ended_at": _moment(campaign.ended_at),
        "ended_by": by[campaign.ended_by_id],
        "closed_at": _moment(campaign.closed_at),
        "unchecked_roles": campaign.at_end.value,
        "counts": {
            name: getattr(campaign, name)
            for name in ("rooms", "owners", "total", "confirmed", "removed", "gone", "expired", "unchecked")
        },
    }


def _named(campaign_id: uuid.UUID, user_id: uuid.UUID | None) -> dict[str, str] | None:
    if user_id is None:
        return None
    person = db.session.get(CampaignPerson, (campaign_id, user_id))
    return {"id": str(user_id), "name": person.name if person else "", "email": person.email if person else ""}


def _lines(campaign: Campaign, *conditions: sa.ColumnElement[bool]) -> Iterator[Any]:
    """Lines with the names of their room and people, in the order of their keys."""
    person, giver, decider = aliased(CampaignPerson), aliased(CampaignPerson), aliased(CampaignPerson)
    line = CampaignLine
    columns: tuple[Any, ...] = (line.access_id, *_role_columns(line.role, person), line.granted_at, line.outcome)
    columns += (line.decided_at, line.told_at, line.end_role, CampaignRoom.closed_at)
    columns += (giver.name.label("giver"), decider.name.label("decider"))
    select = sa.select(*columns).where(line.campaign_id == campaign.id, *conditions)
    select = select.join(CampaignRoom, _same(CampaignRoom, line, CampaignRoom.room_id == line.room_id))
    for who, key in ((person, line.user_id), (giver, line.granted_by_id), (decider, line.decided_by_id)):
        select = select.outerjoin(who, _same(who, line, who.user_id == key))
    return _in_parts(select, (line.room_id, line.access_id), lambda row: (row.room_id, row.access_id))


def _role_columns(role: Any, person: Any) -> tuple[Any, ...]:
    """What `_role` writes of a line."""
    room = (CampaignLine.room_id, CampaignRoom.name.label("room"), CampaignRoom.slug)
    return (*room, CampaignLine.user_id, person.name.label("person"), person.email, role)


def _same(one: Any, other: Any, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Both are of one campaign, and fulfil the condition."""
    return sa.and_(one.campaign_id == other.campaign_id, condition)


def _in_parts(select: sa.Select[Any], keys: tuple[Any, ...], place: Callable[[Any], tuple[Any, ...]]) -> Iterator[Any]:
    """All rows in the order of their keys, some at a time."""
    at: tuple[Any, ...] | None = None
    while True:
        part = select
        if at is not None:
            types = [key.type for key in keys]
            part = part.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, at, types)))
        rows = db.session.execute(part.order_by(*keys).limit(PART), execution_options=PLANNED_ANEW).all()
        yield from rows
        if len(rows) < PART:
            return
        at = place(rows[-1])


def _role(row: Any, role: Role) -> tuple[str, ...]:
    named = (row.person or "", row.email or "")
    return str(row.room_id), row.room, row.slug, str(row.user_id), *named, role.value


def _at_start(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    for row in _lines(campaign, CampaignLine.outcome != LineOutcome.CAME):
        decided = (row.outcome.value, _moment(row.decided_at), row.decider or "")
        yield (*_role(row, row.role), _moment(row.granted_at), row.giver or "", *decided)


def _at_end(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    if campaign.state is not CampaignState.CLOSED:
        yield from _now(campaign)
        return
    for row in _lines(campaign, CampaignLine.end_role.is_not(None)):
        before = "" if row.outcome is LineOutcome.CAME else row.role.value
        yield (*_role(row, row.end_role), before, row.outcome.value, _moment(row.closed_at))


def _now(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    """Who has which role at this moment, of a review that is not closed."""
    line = sa.and_(
        CampaignLine.campaign_id == campaign.id,
        CampaignLine.room_id == Access.room_id,
        CampaignLine.access_id == Access.id,
    )
    room = sa.and_(CampaignRoom.campaign_id == campaign.id, CampaignRoom.room_id == Access.room_id)
    columns: tuple[Any, ...] = (Access.id, Access.room_id, CampaignRoom.name.label("room"), CampaignRoom.slug)
    columns += (Access.user_id, User.full_name, User.short_name, User.email, Access.role)
    columns += (CampaignLine.role.label("before"), CampaignLine.outcome)
    select = sa.select(*columns).join(CampaignRoom, room).join(User, User.id == Access.user_id)
    select = select.outerjoin(CampaignLine, line).where(is_open(Access))
    for row in _in_parts(select, (Access.room_id, Access.id), lambda row: (row.room_id, row.id)):
        name = row.full_name or row.short_name or row.email
        whose = (str(row.room_id), row.room, row.slug, str(row.user_id), name, row.email, row.role.value)
        yield (*whose, row.before.value if row.before else "", row.outcome.value if row.outcome else "", "")


def _not_checked(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    for row in _lines(campaign, CampaignLine.outcome.in_(UNCHECKED)):
        yield (*_role(row, row.role), row.outcome.value, _moment(row.told_at))


def _decisions(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    made, person, decider = CampaignDecision, aliased(CampaignPerson), aliased(CampaignPerson)
    columns: tuple[Any, ...] = (made.id, made.at, made.by_id, made.kind, *_role_columns(CampaignLine.role, person))
    columns += (decider.name.label("decider"), decider.email.label("decider_email"))
    line = sa.and_(CampaignLine.room_id == made.room_id, CampaignLine.access_id == made.access_id)
    select = sa.select(*columns).where(made.campaign_id == campaign.id)
    select = select.join(CampaignLine, _same(CampaignLine, made, line))
    select = select.join(CampaignRoom, _same(CampaignRoom, made, CampaignRoom.room_id == made.room_id))
    select = select.outerjoin(person, _same(person, made, person.user_id == made.user_id))
    select = select.outerjoin(decider, _same(decider, made, decider.user_id == made.by_id))
    for row in _in_parts(select, (made.id,), lambda row: (row.id,)):
        who = (str(row.by_id), row.decider or "", row.decider_email or "")
        yield (str(row.id), _moment(row.at), *who, row.kind.value, *_role(row, row.role))


def _owners(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    named, successor = aliased(CampaignPerson), aliased(CampaignPerson)
    columns: tuple[Any, ...] = (CampaignOwner, named.name, named.email, successor.name.label("successor"))
    select = sa.select(*columns).where(CampaignOwner.campaign_id == campaign.id)
    for who, key in ((named, CampaignOwner.user_id), (successor, CampaignOwner.handed_to_id)):
        select = select.outerjoin(who, _same(who, CampaignOwner, who.user_id == key))
    for row in _in_parts(select, (CampaignOwner.user_id,), lambda row: (row.CampaignOwner.user_id,)):
        owner = row.CampaignOwner
        counts = tuple(str(each) for each in (owner.rooms, owner.total, owner.checked, owner.removed))
        mailed = (row.successor or "", owner.mail_state, _moment(owner.mailed_at))
        yield (str(owner.user_id), row.name or "", row.email or "", *counts, _moment(owner.reminded_at), *mailed)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
    yield spreadsheet.MARK.encode() + spreadsheet.line(head).encode()
    for row in rows:
        yield spreadsheet.line(row).encode(errors="replace")


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""
