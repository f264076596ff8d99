"""LiveKit and our rows as one reading saw them, with what planning many repairs looks up."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from webapp.core.db import utcnow
from webapp.doctor import picture
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.doctor.picture import Picture
from webapp.matching import Rule
from webapp.rules import wanted
from webapp.rules.facts import RoomFacts, recorded


@dataclass(frozen=True)
class Sight:
    """A reading; `begun` is before the first question, so that a row that changed since is known to be newer."""

    begun: datetime
    seen: Picture

    @property
    def problem(self) -> str:
        """Why LiveKit could not be read; empty when it was."""
        return self.seen.problem

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """What is wrong, by key, worst first."""
        return {finding.key: finding for finding in self.seen.findings}

    @cached_property
    def rooms(self) -> dict[uuid.UUID, RoomFacts]:
        """The rooms of the rules and findings."""
        of_rules = {view.room.id: view.room for view in self.seen.rules if view.room}
        return of_rules | {finding.room.id: finding.room for finding in self.seen.findings if finding.room}

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """LiveKit's rules."""
        return {view.rule.id: view.rule for view in self.seen.rules}

    def is_ours(self, rule: Rule) -> bool:
        """The rule is ours, as the page of rules says it."""
        return rule.id in self._ours

    @cached_property
    def _ours(self) -> set[str]:
        return {view.rule.id for view in self.seen.rules if view.owner != "foreign"}

    def guarded_by(self, rule: Rule) -> str:
        """The trunk whose guard this rule of ours is; empty for all others, whatever their names."""
        return self._guarding.get(rule.id, "")

    def room_of(self, rule: Rule) -> uuid.UUID | None:
        """The room of a rule of ours."""
        return self._recorded.get(rule.id) or wanted.room_id_of(rule)

    def web_inside(self, room: RoomFacts) -> int:
        """How many came by web; nobody where LiveKit does not have the room, whatever our row believes."""
        return 0 if room.id in self._left else room.web_count

    @cached_property
    def _left(self) -> set[uuid.UUID]:
        orphans = (found for found in self.seen.findings if found.kind is Kind.ORPHAN)
        return {found.room.id for found in orphans if found.room and not wanted.is_old(found.rules[0])}

    @cached_property
    def foreign_keys(self) -> dict[tuple[str, str, str, str], Rule]:
        """Which rule that is not ours takes which calls."""
        return {key: rule for rule in self.by_id.values() if not self.is_ours(rule) for key in rule.keys}

    @cached_property
    def of_room(self) -> dict[uuid.UUID, list[Rule]]:
        """The rules of each room: those whose id is on its row, renamed or not, then those that bear its name.

        Those that somebody else gave a room's name are none of them.
        """
        found: dict[uuid.UUID, list[Rule]] = {}
        for rule in self.by_id.values():
            if self.is_ours(rule) and (room_id := self.room_of(rule)) is not None:
                found.setdefault(room_id, []).append(rule)
        return found

    @cached_property
    def _recorded(self) -> dict[str, uuid.UUID]:
        """The room of each rule id that stands on the row of one of these rooms."""
        return recorded(self.rooms.values())

    @cached_property
    def guards(self) -> dict[str, list[Rule]]:
        """The guards of each trunk."""
        found: dict[str, list[Rule]] = {}
        for view in self.seen.rules:
            if view.guards:
                found.setdefault(view.guards, []).append(view.rule)
        return found

    @cached_property
    def _guarding(self) -> dict[str, str]:
        return {view.rule.id: view.guards for view in self.seen.rules if view.guards}

    @cached_property
    def hiding(self) -> set[str]:
        """The trunks on which some rule hides callers' numbers."""
        return {trunk_id for view in self.seen.rules if view.rule.hides_caller for trunk_id in view.rule.trunk_ids}

    @cached_property
    def trunk_names(self) -> dict[str, str]:
        """What to call the trunks, by id."""
        return {trunk.id: trunk.name for trunk in self.seen.trunks}

    def trunk_name(self, trunk_id: str) -> str:
        """What to call one trunk; one that nobody knows goes by its id."""
        return self.trunk_names.get(trunk_id, trunk_id)


def look() -> Sight:
    """Read LiveKit and our rows, once each."""
    begun = utcnow()
    return Sight(begun, picture.read())
