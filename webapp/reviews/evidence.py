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
from webapp.rooms.models import Access, is_open

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
    columns: tuple[Any, ...] = (CampaignLine, CampaignRoom, person, giver.name, decider.name)
    select = sa.select(*columns).where(CampaignLine.campaign_id == campaign.id, *conditions)
    room = sa.and_(CampaignRoom.campaign_id == CampaignLine.campaign_id, CampaignRoom.room_id == CampaignLine.room_id)
    select = select.join(CampaignRoom, room)
    for who, key in (
        (person, CampaignLine.user_id),
        (giver, CampaignLine.granted_by_id),
        (decider, CampaignLine.decided_by_id),
    ):
        select = select.outerjoin(who, sa.and_(who.campaign_id == CampaignLine.campaign_id, who.user_id == key))
    keys = (CampaignLine.room_id, CampaignLine.access_id)
    return _in_parts(select, keys, lambda row: (row[0].room_id, row[0].access_id))


def _in_parts(select: sa.Select[Any], keys: tuple[Any, ...], place: Callable[[Any], tuple[Any, ...]]) -> Iterator[Any]:
    """All rows in the order of their keys, some at a time."""
    at: tuple[Any, ...] | None = None
    while True:
        part = select
        if at is not None:
            types = [key.type for key in keys]
            part = part.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, at, types)))
        rows = db.session.execute(part.order_by(*keys).limit(PART)).all()
        yield from rows
        if len(rows) < PART:
            return
        at = place(rows[-1])


def _role(line: CampaignLine, room: CampaignRoom, person: CampaignPerson | None, role: str) -> tuple[str, ...]:
    named = (person.name, person.email) if person is not None else ("", "")
    return str(line.room_id), room.name, room.slug, str(line.user_id), *named, role


def _at_start(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    for line, room, person, giver, decider in _lines(campaign, CampaignLine.outcome != LineOutcome.CAME):
        granted = (_moment(line.granted_at), giver or "")
        decided = (line.outcome.value, _moment(line.decided_at), decider or "")
        yield (*_role(line, room, person, line.role.value), *granted, *decided)


def _at_end(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    if campaign.state is not CampaignState.CLOSED:
        yield from _now(campaign)
        return
    for line, room, person, _giver, _decider in _lines(campaign, CampaignLine.end_role.is_not(None)):
        before = "" if line.outcome is LineOutcome.CAME else line.role.value
        yield (*_role(line, room, person, line.end_role.value), before, line.outcome.value, _moment(room.closed_at))


def _now(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    """Who has which role at this moment, of a review that is not closed."""
    line = sa.and_(
        CampaignLine.campaign_id == campaign.id,
        CampaignLine.room_id == Access.room_id,
        CampaignLine.access_id == Access.id,
    )
    room = sa.and_(CampaignRoom.campaign_id == campaign.id, CampaignRoom.room_id == Access.room_id)
    columns: tuple[Any, ...] = (Access, CampaignRoom, User, CampaignLine)
    select = sa.select(*columns).join(CampaignRoom, room).join(User, User.id == Access.user_id)
    select = select.outerjoin(CampaignLine, line).where(is_open(Access))
    keys = (Access.room_id, Access.id)
    for access, kept, user, frozen in _in_parts(select, keys, lambda row: (row[0].room_id, row[0].id)):
        whose = (str(access.room_id), kept.name, kept.slug, str(user.id), user.name, user.email, access.role.value)
        before, outcome = (frozen.role.value, frozen.outcome.value) if frozen is not None else ("", "")
        yield (*whose, before, outcome, "")


def _not_checked(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    for line, room, person, _giver, _decider in _lines(campaign, CampaignLine.outcome.in_(UNCHECKED)):
        yield (*_role(line, room, person, line.role.value), line.outcome.value, _moment(line.told_at))


def _decisions(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    person, decider = aliased(CampaignPerson), aliased(CampaignPerson)
    columns: tuple[Any, ...] = (CampaignDecision, CampaignLine, CampaignRoom, person, decider)
    same = CampaignDecision.campaign_id
    select = sa.select(*columns).where(same == campaign.id)
    line = sa.and_(
        CampaignLine.campaign_id == same,
        CampaignLine.room_id == CampaignDecision.room_id,
        CampaignLine.access_id == CampaignDecision.access_id,
    )
    room = sa.and_(CampaignRoom.campaign_id == same, CampaignRoom.room_id == CampaignDecision.room_id)
    select = select.join(CampaignLine, line).join(CampaignRoom, room)
    for who, key in ((person, CampaignDecision.user_id), (decider, CampaignDecision.by_id)):
        select = select.outerjoin(who, sa.and_(who.campaign_id == same, who.user_id == key))
    for decision, line_, room_, whose, by in _in_parts(select, (CampaignDecision.id,), lambda row: (row[0].id,)):
        named = (by.name, by.email) if by is not None else ("", "")
        made = (str(decision.id), _moment(decision.at), str(decision.by_id), *named, decision.kind.value)
        yield (*made, *_role(line_, room_, whose, line_.role.value))


def _owners(campaign: Campaign) -> Iterator[tuple[str, ...]]:
    named, next_one = aliased(CampaignPerson), aliased(CampaignPerson)
    columns: tuple[Any, ...] = (CampaignOwner, named, next_one.name)
    select = sa.select(*columns).where(CampaignOwner.campaign_id == campaign.id)
    for who, key in ((named, CampaignOwner.user_id), (next_one, CampaignOwner.handed_to_id)):
        select = select.outerjoin(who, sa.and_(who.campaign_id == CampaignOwner.campaign_id, who.user_id == key))
    for owner, person, handed_to in _in_parts(select, (CampaignOwner.user_id,), lambda row: (row[0].user_id,)):
        who_ = (str(owner.user_id), person.name if person else "", person.email if person else "")
        counts = tuple(str(each) for each in (owner.rooms, owner.total, owner.checked, owner.removed))
        mailed = (handed_to or "", owner.mail_state, _moment(owner.mailed_at))
        yield (*who_, *counts, _moment(owner.reminded_at), *mailed)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
    yield spreadsheet.MARK.encode() + spreadsheet.line(head).encode()
    for row in rows:
        yield spreadsheet.line(row).encode(errors="replace")


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""
