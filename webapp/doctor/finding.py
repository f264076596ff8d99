"""One thing that is wrong."""

import uuid
from dataclasses import dataclass

from webapp.doctor.kinds import BY_HAND, OF_FOREIGN, OF_ROOMS, SEVERITY, Kind, Remedy, Severity
from webapp.matching import Rule, Trunk
from webapp.rules.facts import RoomFacts
from webapp.rules.problems import Problem


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: with which rules, which room, on which trunk.

    `trunks` are those whose own configuration is wrong. `detail` says what exactly, in codes and places, never values:
    `pin`, or `numbers.2` for the third entry of that list. `foreign` are the ids of those of its rules that
    Frontdesk did not make; `on` are the trunks of an outage, "" for every trunk.
    """

    kind: Kind
    rules: tuple[Rule, ...] = ()
    room: RoomFacts | None = None
    trunk_id: str = ""
    trunks: tuple[Trunk, ...] = ()
    detail: str = ""
    foreign: frozenset[str] = frozenset()
    on: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What finds it again when LiveKit is read anew: its kind and ids, nothing personal."""
        ids = [rule.id for rule in self.rules] or [trunk.id for trunk in self.trunks]
        if not ids:
            ids = [str(self.room.id) if self.room else self.trunk_id]
        return "~".join([self.kind.value, *ids, *([self.detail] if self.detail else [])])

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITY[self.kind]

    @property
    def remedy(self) -> Remedy:
        """Who can put it right: Frontdesk itself only where every rule concerned is its own."""
        if self.kind in BY_HAND:
            return Remedy.BY_HAND
        ours = self.kind in OF_ROOMS or not self.foreign
        return Remedy.OURS if ours and self.kind not in OF_FOREIGN else Remedy.FOREIGN


def key_ending(problem: Problem, room_id: uuid.UUID) -> str:
    """The key of the finding whose repair ends what keeps a room waiting; empty where nothing but time helps."""
    match problem:
        case Problem("conflict" | "guard_refused" | "other_frontdesk"):  # LiveKit holds no pair: it refused ours
            return f"{Kind.MISSING.value}~{room_id}"
        case Problem("refused", "bad_rule", rule_id) if rule_id:
            return f"{Kind.NO_KIND.value}~{rule_id}"
        case Problem("pair", first, second):
            kind = Kind.SELF_CONFLICT if first == second else Kind.CONFLICT
            return "~".join([kind.value, *sorted({first, second})])
    return ""
