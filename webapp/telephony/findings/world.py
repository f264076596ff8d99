"""What the doctor looks at: both sides, read once, with what several checks look up."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from webapp.rooms.models import Trunk as TrunkRow
from webapp.telephony import rules as naming
from webapp.telephony.facts import RoomFacts
from webapp.telephony.matching import Rule, Trunk


@dataclass(frozen=True)
class World:
    """LiveKit's rules and trunks, sorted by id; our rows of rooms that are live or have a rule, and of trunks."""

    rules: list[Rule]
    rooms: Mapping[uuid.UUID, RoomFacts]
    trunks: list[Trunk]
    now: datetime
    rows: Iterable[TrunkRow] = field(default=())

    @cached_property
    def trunk(self) -> dict[str, Trunk]:
        """LiveKit's trunks by id."""
        return {trunk.id: trunk for trunk in self.trunks}

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """LiveKit's rules by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def foreign(self) -> list[Rule]:
        """The rules that Frontdesk did not make."""
        return [rule for rule in self.rules if not naming.is_ours(rule)]

    @cached_property
    def on_trunk(self) -> dict[str, list[Rule]]:
        """The rules that name a trunk, by its id; those of no trunk stand under the empty id."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for trunk_id in dict.fromkeys(rule.trunk_ids or ("",)):
                found.setdefault(trunk_id, []).append(rule)
        return found
