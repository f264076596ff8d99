"""What the doctor looks at: both sides, read once, with what several checks look up."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from webapp.matching import Rule, Trunk, normalise
from webapp.rules import wanted as naming
from webapp.rules.facts import RoomFacts, recorded

OURS_BEGIN = (naming.ROOM_RULE, naming.OLD_RULE, naming.GUARD_RULE)


@dataclass(frozen=True)
class World:
    """LiveKit's rules and trunks, sorted by id; our rows of rooms that are live, have a rule or are named by one.

    `live` are the rooms that LiveKit has, with how many are inside (which lags), None where it was not asked; `now` is
    when it was asked. `guarding` are the trunks of the guards that our rows name, by the guard's id.
    """

    rules: list[Rule]
    rooms: Mapping[uuid.UUID, RoomFacts]
    trunks: list[Trunk]
    now: datetime
    live: Mapping[uuid.UUID, int] | None = None
    guarding: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def trunk(self) -> dict[str, Trunk]:
        """LiveKit's trunks by id."""
        return {trunk.id: trunk for trunk in self.trunks}

    @cached_property
    def listed(self) -> dict[str, frozenset[str]]:
        """The numbers that each trunk lists, as it writes them, by the trunk's id."""
        return {trunk.id: frozenset(trunk.numbers) for trunk in self.trunks}

    @cached_property
    def called(self) -> dict[str, frozenset[str]]:
        """The numbers that each trunk lists, as LiveKit compares them, by the trunk's id."""
        return {trunk.id: frozenset(map(normalise, trunk.numbers)) for trunk in self.trunks}

    def takes(self, trunk: Trunk, number: str) -> bool:
        """The trunk lists the number called, or lists none at all; as the matching has it, at the cost of one look."""
        return not trunk.numbers or normalise(number) in self.called[trunk.id]

    @cached_property
    def rule_ids(self) -> set[str]:
        """The ids of LiveKit's rules."""
        return {rule.id for rule in self.rules}

    @cached_property
    def recorded(self) -> dict[str, uuid.UUID]:
        """The room of each rule id that stands on one of our rows."""
        return recorded(self.rooms.values())

    @cached_property
    def guards(self) -> dict[str, str]:
        """The trunk of each guard of ours, by its id: those on our rows, however changed, and those made like one."""
        others = (rule for rule in self.rules if rule.id not in self.recorded)
        found = ((rule.id, self.guarding.get(rule.id) or naming.shaped_guard(rule)) for rule in others)
        return {rule_id: trunk_id for rule_id, trunk_id in found if trunk_id}

    @cached_property
    def impostors(self) -> set[str]:
        """The ids of rules that are named like ours, but are none of ours."""
        return {rule.id for rule in self.rules if self._is_impostor(rule)}

    @cached_property
    def foreign(self) -> list[Rule]:
        """The rules that Frontdesk did not make."""
        others = (rule for rule in self.rules if rule.id not in self.recorded and rule.id not in self.guards)
        return [rule for rule in others if rule.id in self.impostors or not naming.is_ours(rule)]

    @cached_property
    def foreign_ids(self) -> set[str]:
        """The ids of those rules."""
        return {rule.id for rule in self.foreign}

    @cached_property
    def on_trunk(self) -> dict[str, list[Rule]]:
        """The rules that name a trunk, by its id; those of no trunk stand under the empty id."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for trunk_id in dict.fromkeys(rule.trunk_ids or ("",)):
                found.setdefault(trunk_id, []).append(rule)
        return found

    def _is_impostor(self, rule: Rule) -> bool:
        ours = rule.id in self.recorded or rule.id in self.guards
        if ours or not rule.name.startswith(OURS_BEGIN):
            return False
        room_id = naming.room_id_of(rule)
        room = self.rooms.get(room_id) if room_id else None
        return room is None or (rule.kind, rule.room) != ("direct", str(room.id))
