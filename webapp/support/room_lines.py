"""A room as one line of the list for support: names, links and states; no number, no PIN, and nobody's name."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.core import paging
from webapp.core.masking import impersonal
from webapp.doctor.kinds import Kind
from webapp.rooms import queries as room_queries
from webapp.rooms import trunk_names
from webapp.rooms.trunk_names import Named
from webapp.support import rule_states
from webapp.support.rule_states import RoomRuleState


@dataclass(frozen=True)
class LastReading:
    """When the doctor last read LiveKit; `failed` when it was asked since and did not answer."""

    at: datetime | None
    is_current: bool
    failed: bool

    @property
    def valid_at(self) -> datetime | None:
        """The same, where it still tells how things stand."""
        return self.at if self.is_current and not self.failed else None


@dataclass(frozen=True)
class RoomLine:
    """What support sees of a room in the list; `why` says more of the rule's state, where there is more."""

    id: uuid.UUID
    name: str
    slug: str
    trunk_id: str
    trunk: str
    finding: Kind | None
    rule: RoomRuleState
    why: str
    live: bool
    online: int
    calls: int


def of(rows: Iterable[Any], trunks: Mapping[str, str], read_at: datetime | None) -> list[RoomLine]:
    """The lines of these rows of the list."""
    return [_line(row, trunks, read_at) for row in rows]


def _line(row: Any, trunks: Mapping[str, str], read_at: datetime | None) -> RoomLine:
    room = row.Room
    finding = paging.member(Kind, row.kind)
    rule = rule_states.of(room, finding, read_at)
    trunk = trunks.get(room.trunk_id, room.trunk_id)
    where = (room.id, room.name, room.slug, room.trunk_id, trunk)
    return RoomLine(*where, finding, rule, rule_states.why(room, rule), room.live, room.web_count, room.phone_count)


def trunk_names_by_id() -> dict[str, str]:
    """What to call our trunks, by id; those of one name are told apart by their ids, never by their numbers."""
    rows = room_queries.trunk_rows().values()
    return trunk_names.apart(Named(row.sip_trunk_id, impersonal(row.name)) for row in rows)
