"""What is read of a room to tell whether LiveKit agrees with it: few columns, because there are thousands of rooms."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.rooms.models import AccessLevel


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as the doctor sees it; the fields are those of the row."""

    id: uuid.UUID
    name: str
    slug: str
    access_level: AccessLevel
    deleted_at: datetime | None
    phone_enabled: bool
    hide_phone_number: bool
    trunk_id: str
    pin: str | None
    sip_dispatch_rule_id: str | None
    web_count: int
    live_since: datetime | None
    rule_changed_at: datetime | None
    rule_problem: str
    old_pin: str | None
    old_pin_until: datetime | None
    old_sip_dispatch_rule_id: str | None


COLUMNS = tuple(RoomFacts.__dataclass_fields__)


def recorded(rooms: Iterable[RoomFacts]) -> dict[str, uuid.UUID]:
    """The room of each rule id that stands on the row of one of these rooms: such a rule is ours, whatever its name."""
    ids = ((room.id, each) for room in rooms for each in (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id))
    return {rule_id: room_id for room_id, rule_id in ids if rule_id}
