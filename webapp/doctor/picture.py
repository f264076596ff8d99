"""LiveKit's trunks and rules as a page shows them, ours beside them; from our rows alone when LiveKit is away."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from webapp.core import together
from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.doctor import findings
from webapp.doctor.finding import Finding
from webapp.doctor.world import World
from webapp.livekit import rooms as live_rooms
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.matching import Rule, parse_rules, parse_trunks
from webapp.matching import Trunk as LiveTrunk
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Trunk
from webapp.rooms.queries import Fill
from webapp.rules import facts, problems
from webapp.rules import wanted as rules
from webapp.rules.facts import RoomFacts


@dataclass(frozen=True)
class TrunkView:
    """A trunk: LiveKit's object if it was read, our row if we have one."""

    id: str
    live: LiveTrunk | None
    row: Trunk | None
    fill: Fill
    rule_count: int

    @property
    def name(self) -> str:
        """What to call it: LiveKit's name, else the last one we saw, else its id."""
        return (
            (str(self.live.info.get("name", "")) if self.live else "") or (self.row.name if self.row else "") or self.id
        )

    @property
    def room_count(self) -> int:
        """Rooms whose PIN is on it."""
        return self.row.room_count if self.row else 0

    @property
    def assignable(self) -> bool:
        """New rooms may be put there."""
        return self.row is not None and self.row.assignable and self.row.gone_at is None

    @property
    def gone(self) -> bool:
        """LiveKit does not list it any more."""
        return self.row is not None and self.row.gone_at is not None

    @property
    def guard_problem(self) -> str:
        """What is wrong with its guard, in words."""
        return problems.sentence(self.row.guard_problem) if self.row else ""

    @property
    def filled(self) -> float:
        """The share of PINs of the present length that are taken."""
        possible: int = 9 * 10 ** (settings.pin_length - 1)
        return (self.fill.used + self.fill.quarantined) / possible


@dataclass(frozen=True)
class RuleView:
    """A rule with its room, if it is a room's, and the worst that is wrong with it."""

    rule: Rule
    owner: str  # room, guard, foreign
    room: RoomFacts | None
    trunks: tuple[str, ...]
    finding: Finding | None
    guards: str = ""  # the trunk, where it is a guard of ours

    @property
    def pin_ending(self) -> str:
        """The last two digits of its PIN; none of a short one, of which they would tell too much."""
        return self.rule.pin[-2:] if len(self.rule.pin) >= 4 else ""


@dataclass(frozen=True)
class Picture:
    """What was read; `problem` is LiveKit's code when it could not be asked, and `rules` is empty then."""

    trunks: list[TrunkView]
    rules: list[RuleView]
    findings: list[Finding]
    problem: str
    read_at: datetime

    def trunk(self, trunk_id: str) -> TrunkView | None:
        """One of the trunks."""
        return next((trunk for trunk in self.trunks if trunk.id == trunk_id), None)

    @property
    def names(self) -> dict[str, str]:
        """What each trunk is called, by its id."""
        return {trunk.id: trunk.name for trunk in self.trunks}

    def finding(self, key: str) -> Finding | None:
        """The finding of that key, if it is still there."""
        return next((finding for finding in self.findings if finding.key == key), None)

    def rules_on(self, trunk_id: str) -> list[RuleView]:
        """The rules that name the trunk."""
        return [view for view in self.rules if trunk_id in view.rule.trunk_ids]


def read() -> Picture:
    """Ask LiveKit for trunks, rules and live rooms, each once, and put our rows beside them."""
    asked_at = utcnow()
    db.session.commit()  # nobody holds a connection while LiveKit thinks
    try:
        listed, kept, live = together.ask(sip.list_trunks, sip.list_rules, live_rooms.list_rooms)
    except LiveKitError as error:
        code = "no_sip" if error.without_redis else error.code
        return Picture(_trunks(None, room_queries.trunk_rows(), []), [], [], code, utcnow())
    trunks, stored = parse_trunks(listed), parse_rules(kept)
    inside = {room_id: room.participants for room in live if (room_id := rules.as_room_id(room.name))}
    named = {room_id for rule in stored if (room_id := rules.room_id_of(rule))}
    rooms = facts.rooms_with_rules(named | inside.keys())
    rows = room_queries.trunk_rows()
    guarding = {row.guard_rule_id: row.sip_trunk_id for row in rows.values() if row.guard_rule_id}
    return _picture(World(stored, rooms, trunks, asked_at, inside, guarding), rows)


def _picture(world: World, rows: dict[str, Trunk]) -> Picture:
    trunks = _trunks(world.trunks, rows, world.rules)
    names = {trunk.id: trunk.name for trunk in trunks}
    found = findings.find(world)
    worst, foreign = findings.by_rule(found), {rule.id for rule in world.foreign}
    views = [_rule(world, rule, names, worst.get(rule.id), foreign=rule.id in foreign) for rule in world.rules]
    return Picture(trunks, views, found, "", utcnow())


def _trunks(live: list[LiveTrunk] | None, rows: dict[str, Trunk], stored: list[Rule]) -> list[TrunkView]:
    present = {trunk.id: trunk for trunk in live or ()}
    fills = room_queries.pin_fill()
    counts = Counter(trunk_id for rule in stored for trunk_id in set(rule.trunk_ids))
    shown = set(present) | {row_id for row_id, row in rows.items() if row.gone_at is None or row.room_count}
    return [
        TrunkView(
            trunk_id,
            present.get(trunk_id),
            rows.get(trunk_id),
            fills.get(trunk_id, Fill()),
            counts[trunk_id],
        )
        for trunk_id in sorted(shown)
    ]


def _rule(world: World, rule: Rule, names: dict[str, str], worst: Finding | None, *, foreign: bool) -> RuleView:
    trunks = tuple(names.get(trunk_id, trunk_id) for trunk_id in rule.trunk_ids)
    owner = "foreign" if foreign else "guard" if rule.id in world.guards else "room"
    room_id = world.recorded.get(rule.id) or rules.room_id_of(rule) if owner == "room" else None
    room = world.rooms.get(room_id) if room_id else None
    return RuleView(rule, owner, room, trunks, worst, world.guards.get(rule.id, ""))
