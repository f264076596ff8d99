"""One reading of LiveKit beside our rows: the checks, the pages of rules and trunks, repairs and the tracer ask it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from flask_babel import gettext as _

from webapp.core import questions
from webapp.core.db import db, utcnow
from webapp.doctor import findings
from webapp.doctor.entries import RuleEntry, TrunkEntry
from webapp.doctor.finding import Finding
from webapp.livekit import rooms as live_rooms
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.matching import Rule, Trunk, normalise, parse_rules, parse_trunks
from webapp.rooms import queries as room_queries
from webapp.rooms import trunk_names
from webapp.rooms.models import TrunkRow
from webapp.rooms.queries import Fill
from webapp.rooms.trunk_names import Named
from webapp.rules import facts, installation, owners, wanted
from webapp.rules.facts import RoomFacts
from webapp.rules.marks import UNNAMED, OwnIds
from webapp.rules.owners import External, GuardOf, Known, OfRoom, Owner
from webapp.rules.wanted import as_room_id


@dataclass(frozen=True)
class Reading:
    """LiveKit's rules and trunks, sorted by id; our rows of rooms that are live, have a rule or are led to by one.

    `problem` is LiveKit's code when it could not be asked; there are no rules and trunks of it then. `begun` is before
    the first question, so that a row that changed since is known to be newer. `live` are the rooms that LiveKit has,
    with how many are inside (which lags), None where it was not asked.
    """

    begun: datetime
    read_at: datetime
    rules: Sequence[Rule] = ()
    trunks: Sequence[Trunk] = ()
    rooms: Mapping[uuid.UUID, RoomFacts] = field(default_factory=dict)
    live: Mapping[uuid.UUID, int] | None = None
    rows: Mapping[str, TrunkRow] = field(default_factory=dict)
    fills: Mapping[str, Fill] = field(default_factory=dict)
    problem: str = ""
    identity: OwnIds = UNNAMED

    # whose

    @cached_property
    def known(self) -> Known:
        """What our rows tell of rules."""
        of_rooms = ((each.id, each.sip_dispatch_rule_id, each.old_sip_dispatch_rule_id) for each in self.rooms.values())
        return Known.of(of_rooms, ((row.sip_trunk_id, row.guard_rule_id) for row in self.rows.values()), self.identity)

    @cached_property
    def _owners(self) -> dict[str, Owner]:
        return {rule.id: owners.owner_of(rule, self.known) for rule in self.rules}

    def owner(self, rule: Rule) -> Owner:
        """Whose a rule is, also one that is still to be made."""
        return self._owners.get(rule.id) or owners.owner_of(rule, self.known)

    def is_ours(self, rule: Rule) -> bool:
        """Frontdesk made the rule."""
        return not isinstance(self.owner(rule), External)

    @cached_property
    def of_room(self) -> dict[uuid.UUID, list[Rule]]:
        """The rules of each room, of its PIN and of the one before."""
        return owners.rooms(self.rules, self.known)

    @cached_property
    def guards(self) -> dict[str, list[Rule]]:
        """The guards of each trunk."""
        return owners.guards(self.rules, self.known)

    @cached_property
    def foreign(self) -> list[Rule]:
        """The rules that this Frontdesk did not make."""
        return [rule for rule in self.rules if not self.is_ours(rule)]

    def is_of_another(self, rule: Rule) -> bool:
        """Another Frontdesk on this LiveKit made the rule."""
        owner = self.owner(rule)
        return isinstance(owner, External) and owner.by_another

    @cached_property
    def strange(self) -> list[Rule]:
        """The rules that no Frontdesk made: what they say nobody of its kind has looked after."""
        return [rule for rule in self.foreign if not self.is_of_another(rule)]

    def is_shared_guard(self, rule: Rule) -> bool:
        """Another Frontdesk's guard, which guards our rules on its trunk as it does theirs."""
        return self.is_of_another(rule) and any(wanted.is_guard(rule, trunk_id) for trunk_id in rule.trunk_ids)

    @cached_property
    def foreign_ids(self) -> frozenset[str]:
        """The ids of those rules."""
        return frozenset(rule.id for rule in self.foreign)

    @cached_property
    def foreign_keys(self) -> dict[tuple[str, str, str, str], Rule]:
        """Which rule that is not ours takes which calls."""
        return {key: rule for rule in self.foreign for key in rule.keys}

    # by id, and by trunk

    @cached_property
    def rule_by_id(self) -> dict[str, Rule]:
        """LiveKit's rules."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def trunk_by_id(self) -> dict[str, Trunk]:
        """LiveKit's trunks."""
        return {trunk.id: trunk for trunk in self.trunks}

    @cached_property
    def on_trunk(self) -> dict[str, list[Rule]]:
        """The rules that name a trunk, by its id; those that list none stand under the empty id.

        An empty id in a list is no trunk, and not every trunk either.
        """
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for trunk_id in dict.fromkeys(filter(None, rule.trunk_ids)) if rule.trunk_ids else ("",):
                found.setdefault(trunk_id, []).append(rule)
        return found

    @cached_property
    def hiding(self) -> set[str]:
        """The trunks on which some rule hides callers' numbers."""
        return {trunk_id for rule in self.rules if rule.hides_caller for trunk_id in rule.trunk_ids}

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

    def web_inside(self, room: RoomFacts) -> int:
        """How many came by web; nobody is in a room that LiveKit does not have, whatever our row believes."""
        return room.web_count if self.live is None or room.id in self.live else 0

    # what is wrong

    @cached_property
    def findings(self) -> list[Finding]:
        """What is wrong, worst first."""
        return findings.find(self)

    @cached_property
    def _by_key(self) -> dict[str, Finding]:
        return {finding.key: finding for finding in self.findings}

    def finding(self, key: str) -> Finding | None:
        """The finding of that key, if it is still there."""
        return self._by_key.get(key)

    # as pages list it

    @cached_property
    def trunk_entries(self) -> list[TrunkEntry]:
        """LiveKit's trunks, and those of our rows that are there still or have rooms."""
        ours = {row_id for row_id, row in self.rows.items() if row.gone_at is None or row.room_count}
        live, rows = self.trunk_by_id, self.rows
        shown = sorted(live.keys() | ours)
        called = trunk_names.apart(_named(each, live.get(each), rows.get(each)) for each in shown)
        return [self._trunk_entry(trunk_id, called[trunk_id]) for trunk_id in shown]

    def _trunk_entry(self, trunk_id: str, name: str) -> TrunkEntry:
        live, row = self.trunk_by_id.get(trunk_id), self.rows.get(trunk_id)
        rules = len(self.on_trunk.get(trunk_id, ()))
        fill = self.fills.get(trunk_id, Fill())
        return TrunkEntry(trunk_id, name, live, row, fill, rules, listed=not self.problem)

    def trunk_entry(self, trunk_id: str) -> TrunkEntry | None:
        """One of the trunks, or one that is gone and has no rooms any more."""
        row = self.rows.get(trunk_id)
        gone = self._trunk_entry(trunk_id, row.name or trunk_id) if row else None
        return next((entry for entry in self.trunk_entries if entry.id == trunk_id), gone)

    @cached_property
    def trunk_names(self) -> dict[str, str]:
        """What each trunk is called, by its id."""
        return {entry.id: entry.name for entry in self.trunk_entries}

    def trunk_name(self, trunk_id: str) -> str:
        """What to call one trunk; one that nobody knows goes by its id."""
        return self.trunk_names.get(trunk_id) or trunk_id or str(_("an empty id"))

    @cached_property
    def rule_entries(self) -> list[RuleEntry]:
        """Every rule with the worst that is wrong with it."""
        worst = findings.by_rule(self.findings)
        return [self._entry(rule, worst.get(rule.id)) for rule in self.rules]

    def _entry(self, rule: Rule, worst: Finding | None) -> RuleEntry:
        return RuleEntry(
            rule, self.owner_word(rule), self.room_of(rule), tuple(map(self.trunk_name, rule.trunk_ids)), worst
        )

    def entries_on(self, trunk_id: str) -> list[RuleEntry]:
        """The rules that name the trunk."""
        return [entry for entry in self.rule_entries if trunk_id in entry.rule.trunk_ids]

    def owner_word(self, rule: Rule) -> str:
        """Whose the rule is in a word: room, guard, foreign, other (another Frontdesk's)."""
        match self.owner(rule):
            case OfRoom():
                return "room"
            case GuardOf():
                return "guard"
            case External(by_another=True):
                return "other"
        return "foreign"

    def room_of(self, rule: Rule) -> RoomFacts | None:
        """The room of a rule of ours."""
        owner = self.owner(rule)
        return self.rooms.get(owner.room_id) if isinstance(owner, OfRoom) else None


def _named(trunk_id: str, live: Trunk | None, row: TrunkRow | None) -> Named:
    """A trunk by LiveKit's name, else by the last one we saw."""
    name = str(live.info.get("name", "")) if live else ""
    number = next(iter(live.numbers), "") if live else row.number if row else ""
    return Named(trunk_id, name or (row.name if row else ""), number)


def read() -> Reading:
    """Ask LiveKit for trunks, rules and live rooms, each once, and put our rows beside; ours alone when it is away.

    Commits: nobody holds a connection while LiveKit thinks.
    """
    begun = utcnow()
    db.session.commit()
    try:
        listed, kept, live = questions.ask(sip.list_trunks, sip.list_rules, live_rooms.list_rooms)
    except LiveKitError as error:
        code = "no_sip" if error.without_redis else error.code
        rows, fills = room_queries.trunk_rows(), room_queries.pin_fill()
        return Reading(begun, utcnow(), rows=rows, fills=fills, problem=code)
    rules = parse_rules(kept)
    inside = {room_id: room.participants for room in live if (room_id := as_room_id(room.name))}
    rooms = facts.rooms_with_rules(owners.claimed_rooms(rules) | inside.keys())
    rows, fills = room_queries.trunk_rows(), room_queries.pin_fill()
    return Reading(
        begun, utcnow(), rules, parse_trunks(listed), rooms, inside, rows, fills, identity=installation.identity()
    )
