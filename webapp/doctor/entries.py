"""Trunks and rules as pages list them, from what one reading of LiveKit told."""

from dataclasses import dataclass

from webapp.core.settings import settings
from webapp.doctor.finding import Finding
from webapp.matching import Rule, Trunk
from webapp.rooms import pin_space
from webapp.rooms.models import TrunkRow
from webapp.rooms.queries import Fill
from webapp.rules import problems
from webapp.rules.facts import RoomFacts
from webapp.rules.problems import Problem


@dataclass(frozen=True)
class TrunkEntry:
    """A trunk: LiveKit's object if it was read, our row if we have one."""

    id: str
    name: str  # LiveKit's, else the last one we saw, else its id; told apart from others of that name
    live: Trunk | None
    row: TrunkRow | None
    fill: Fill
    rule_count: int
    listed: bool  # LiveKit was asked, and answered

    @property
    def room_count(self) -> int:
        """Rooms whose PIN is on it."""
        return self.row.room_count if self.row else 0

    @property
    def assignable(self) -> bool:
        """New rooms may be put there."""
        return self.row is not None and self.row.assignable and not self.gone

    @property
    def gone(self) -> bool:
        """LiveKit does not list it any more: it just said so, or had at the last sync."""
        if self.listed:
            return self.live is None
        return self.row is not None and self.row.gone_at is not None

    @property
    def guard_problem(self) -> str:
        """What is wrong with its guard, in words."""
        return problems.sentence(Problem.parse(self.row.guard_problem)) if self.row else ""

    @property
    def filled(self) -> float:
        """The share of PINs of the present length that are taken."""
        return (self.fill.used + self.fill.quarantined) / pin_space.codes(settings.pin_length)


@dataclass(frozen=True)
class RuleEntry:
    """A rule with its room, if it is a room's, and the worst that is wrong with it."""

    rule: Rule
    owner: str  # room, guard, foreign, other (another Frontdesk's)
    room: RoomFacts | None
    trunks: tuple[str, ...]
    finding: Finding | None

    @property
    def pin_ending(self) -> str:
        """The last two digits of its PIN; none of a short one, of which they would tell too much."""
        return self.rule.pin[-2:] if len(self.rule.pin) >= 4 else ""
