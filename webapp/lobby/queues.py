"""A queue as a host sees it: by room, in order of arrival, with a version that costs no look at the queue itself."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.lobby import queries
from webapp.lobby.denials import Denial
from webapp.lobby.models import Entry, EntryKind, RefusedAddress, Status
from webapp.lobby.silence import silent_at
from webapp.rooms.models import Access, Room

SHOWN = timedelta(seconds=10)  # how long a decided row stays, grey, so that nothing moves under the pointer
DESK_ROWS = 8  # the desk shows who waits longest; the lobby shows all
PAGE_ROOMS, ROOM_ROWS = 20, 10  # what a page of the lobby shows; the rest is on the next page, or on the room's own
MOST_PAGES = 1000
REFUSALS = 5  # addresses named on a page
OUTCOMES = (Status.ACCEPTED, Status.DENIED, Status.LEFT, Status.EXPIRED)

LONGEST = 12  # digits of a time; more is beyond the calendar
FURTHEST = timedelta(days=1)  # no version of ours says that it holds for longer


@dataclass(frozen=True)
class Version:
    """What a poll names; `until` is when time alone changes what is shown (a grey row goes, somebody falls silent)."""

    number: str
    until: datetime | None = None

    def __str__(self) -> str:
        """The version as a poll's address holds it."""
        return f"{self.number}~{int(self.until.timestamp()) + 1 if self.until else ''}"

    @staticmethod
    def holds(version: str, number: str) -> bool:
        """Tell whether nothing has changed since the poller was given this version."""
        known, _, until = version.partition("~")
        if known != number or (until and not (until.isdecimal() and len(until) < LONGEST)):
            return False
        return not until or timedelta() < datetime.fromtimestamp(int(until), UTC) - utcnow() < FURTHEST


@dataclass
class Group:
    """The guests of one room."""

    room: Room
    entries: list[Entry] = field(default_factory=list)
    total: int = 0  # who waits and came the way that is asked for, shown or not

    @property
    def hidden(self) -> int:
        """How many wait who are not shown."""
        return max(0, self.total - len(self.waiting))

    @cached_property
    def waiting(self) -> list[Entry]:
        """Those who can still be decided."""
        return [entry for entry in self.entries if entry.status is Status.WAITING]

    @property
    def last(self) -> uuid.UUID:
        """The newest guest shown: a decision about all means those up to here."""
        return self.entries[-1].id


@dataclass
class Queue:
    """Who waits, by room, the room of the longest wait first; `room` is set where a single room is looked at."""

    groups: list[Group]
    number: str
    kind: EntryKind | None = None
    room: Room | None = None
    counts: dict[EntryKind, int] = field(default_factory=dict)
    desk: bool = False  # part of the desk: the longest waits alone, whatever their rooms
    answers: bool = False  # this is the answer to a decision: what was said about the one before goes
    denial: Denial | None = None  # who was just turned away; guests can be let back into the queue
    too_late: Entry | None = None  # who was decided before by somebody else
    page: int = 1
    more: bool = False  # there are rooms after this page
    refusals: list[RefusedAddress] = field(default_factory=list)  # by address, of those that asked too often
    problem: str = ""  # what LiveKit did not do of the decision

    @property
    def view(self) -> str:
        """Where the queue stands, as its forms tell it."""
        return "room" if self.room else "desk" if self.desk else "all"

    @property
    def entries(self) -> list[Entry]:
        """All rows shown, in the order in which they came."""
        return sorted(chain.from_iterable(group.entries for group in self.groups), key=lambda entry: entry.id)

    @property
    def waiting(self) -> int:
        """How many can be decided."""
        return sum(len(group.waiting) for group in self.groups)

    @property
    def total(self) -> int:
        """How many wait, whatever the filter shows."""
        return sum(self.counts.values())

    @property
    def meant(self) -> int:
        """How many wait who came the way that is asked for, on whatever page."""
        return self.counts[self.kind] if self.kind else self.total

    @property
    def web(self) -> int:
        """How many wait who came by the web."""
        return self.counts[EntryKind.WEB]

    @property
    def phone(self) -> int:
        """How many wait who phoned in."""
        return self.counts[EntryKind.PHONE]

    @property
    def last(self) -> uuid.UUID | None:
        """The newest guest shown."""
        return max((group.last for group in self.groups), default=None)

    @property
    def version(self) -> Version:
        """What the next poll names."""
        return Version(self.number, min((_changes_at(entry) for entry in self.entries), default=None))


def version_of(user: User) -> str:
    """The version of all queues of the user's rooms: one query over the user's roles, whoever waits anywhere.

    Counts besides versions, so that a role given or taken shows as well.
    """
    inside = sa.func.sum(Room.web_count + Room.phone_count)
    parts = (sa.func.count(), sa.func.sum(Room.queue_version), inside, sa.func.max(Access.granted_at))
    hosted = sa.select(*parts).select_from(Access).join(Room, Room.id == Access.room_id)
    count, versions, people, granted_at = db.session.execute(hosted.where(queries.hosted_by(user))).one()
    granted = int(granted_at.timestamp() * 1000) if count else 0
    return f"{count}-{versions or 0}-{people or 0}-{granted}"


def version_of_room(room: Room) -> str:
    """The version of one room's queue, as it was loaded with the room."""
    return f"{room.queue_version}-{room.web_count + room.phone_count}"


def all_of_user(user: User, kind: EntryKind | None = None) -> Queue:
    """Everybody who waits in any room that the user hosts, for a decision about all."""
    number = version_of(user)
    return _queue(_entries(sa.and_(Access.room_id == Room.id, queries.hosted_by(user))), number, kind)


def of_user(user: User, kind: EntryKind | None = None, number: str | None = None, page: int = 1) -> Queue:
    """A page of the rooms that the user hosts and where somebody waits, the first of each.

    `number` is the queue's version where the caller has just read it.
    """
    number = number or version_of(user)  # first: what changes while we read shows at the next poll
    mine = sa.and_(Access.room_id == Room.id, queries.hosted_by(user))
    totals, more = _rooms(mine, kind, page)
    shown = _queue(_first_entries(list(totals), kind), number, kind)
    shown.page, shown.more, shown.counts = page, more, queries.waiting_by_kind(user)
    shown.groups.sort(key=lambda group: list(totals).index(group.room.id))
    for group in shown.groups:
        group.total = totals[group.room.id]
    shown.refusals = _refusals(RefusedAddress.room_id.in_(sa.select(Room.id).join(Access, mine)))
    return shown


def of_desk(user: User) -> Queue:
    """Those who wait longest in any room that the user hosts, and how many wait in all."""
    number = version_of(user)
    mine = sa.and_(Access.room_id == Room.id, queries.hosted_by(user))
    shown = _queue(_entries(mine, limit=DESK_ROWS), number, None)
    shown.desk, shown.counts = True, queries.waiting_by_kind(user)
    return shown


def of_room(room: Room, kind: EntryKind | None = None, number: str | None = None) -> Queue:
    """The queue of one room; `number` is its version where the caller has just read it."""
    number = number or version_of_room(db.session.get_one(Room, room.id, populate_existing=True))
    shown = _queue(_entries(None, room), number, kind, room)
    shown.refusals = _refusals(RefusedAddress.room_id == room.id)
    return shown


def of_nobody(room: Room) -> Queue:
    """The queue of a room for which nobody ever waited: no look at the database."""
    return _queue([], version_of_room(room), None, room)


def _ended() -> sa.ColumnElement[bool]:
    return sa.and_(Entry.decided_at > utcnow() - SHOWN, Entry.decided_at > Entry.asked_at, Entry.status.in_(OUTCOMES))


def _rooms(mine: sa.ColumnElement[bool], kind: EntryKind | None, page: int) -> tuple[dict[uuid.UUID, int], bool]:
    """The rooms of one page, who asked first first, each with how many wait; and whether more rooms follow."""
    came = Entry.kind == kind if kind else sa.true()
    each = sa.select(Entry.room_id, Entry.asked_at).join(Entry.room).join(Access, mine).where(came)
    waiting = each.add_columns(sa.literal(1).label("waits")).where(queries.waits())
    ended = each.add_columns(sa.literal(0).label("waits")).where(_ended())  # two parts, each by an index of its own
    rows = sa.union_all(waiting, ended).subquery()
    first = sa.func.min(rows.c.asked_at)
    rooms = sa.select(rows.c.room_id, sa.func.sum(rows.c.waits)).group_by(rows.c.room_id)
    rooms = rooms.order_by(first, rows.c.room_id).offset((page - 1) * PAGE_ROOMS).limit(PAGE_ROOMS + 1)
    counted = [(room_id, int(count)) for room_id, count in db.session.execute(rooms)]
    return dict(counted[:PAGE_ROOMS]), len(counted) > PAGE_ROOMS


def _first_entries(room_ids: list[uuid.UUID], kind: EntryKind | None) -> list[Entry]:
    """The first who wait for each of these rooms, and the first whose waiting just ended."""
    came = Entry.kind == kind if kind else sa.true()
    place = sa.func.row_number().over(partition_by=Entry.room_id, order_by=Entry.id).label("place")
    each = sa.select(Entry.id, place).where(Entry.room_id.in_(room_ids), came)
    ranked = sa.union_all(each.where(queries.waits()), each.where(_ended())).subquery()
    entries = sa.select(Entry).join(ranked, ranked.c.id == Entry.id).join(Entry.room).outerjoin(Entry.decided_by)
    entries = entries.options(contains_eager(Entry.room), contains_eager(Entry.decided_by))
    entries = entries.where(ranked.c.place <= ROOM_ROWS).order_by(Entry.id)
    return list(db.session.scalars(entries.execution_options(populate_existing=True)))


def _entries(mine: sa.ColumnElement[bool] | None, room: Room | None = None, limit: int | None = None) -> list[Entry]:
    """Those who wait and those whose waiting just ended: two queries, each by an index of its own."""
    entries = sa.select(Entry).join(Entry.room).outerjoin(Entry.decided_by)
    entries = entries.join(Access, mine) if mine is not None else entries
    entries = entries.where(Entry.room_id == room.id) if room is not None else entries
    entries = entries.options(contains_eager(Entry.room), contains_eager(Entry.decided_by))
    fresh = {"populate_existing": True}
    first = entries.where(queries.waits()).order_by(Entry.id).limit(limit)
    waiting = db.session.scalars(first.execution_options(**fresh)).all()
    decided = db.session.scalars(entries.where(_ended()).execution_options(**fresh)).all()
    return sorted((*waiting, *decided), key=lambda entry: entry.id)


def _refusals(where: sa.ColumnElement[bool]) -> list[RefusedAddress]:
    refusals = (
        sa.select(RefusedAddress).join(RefusedAddress.room).options(contains_eager(RefusedAddress.room)).where(where)
    )
    newest = refusals.order_by(RefusedAddress.last_at.desc()).limit(REFUSALS)
    return list(db.session.scalars(newest.execution_options(populate_existing=True)))


def _queue(entries: list[Entry], number: str, kind: EntryKind | None, room: Room | None = None) -> Queue:
    groups: dict[uuid.UUID, Group] = {}
    counts = dict.fromkeys(EntryKind, 0)
    for entry in entries:
        counts[entry.kind] += entry.status is Status.WAITING
        if kind in {None, entry.kind}:
            groups.setdefault(entry.room_id, Group(entry.room)).entries.append(entry)
    return Queue(list(groups.values()), number, kind, room, counts)


def _changes_at(entry: Entry) -> datetime:
    if entry.decided_at is not None:
        return entry.decided_at + SHOWN
    if entry.kind is EntryKind.PHONE:
        return utcnow() + timedelta(days=1)
    return silent_at(entry.polled_at)
