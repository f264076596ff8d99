"""What a repair would do: the requests, each rule before and after, and a fingerprint of what was seen."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from webapp.core.masking import impersonal
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind, Remedy
from webapp.doctor.reading import Reading
from webapp.livekit import caller_id
from webapp.matching import MatchingError, Rule, check_rules, normalise
from webapp.repairs import hiding
from webapp.repairs.hiding import Obstacle
from webapp.repairs.requests import REFUSING, Delete, Follow, Heal, Replace, Request
from webapp.rules import guard
from webapp.rules import wanted as rules
from webapp.rules.owners import GuardOf, OfRoom
from webapp.rules.wanted import Json

# Foreign rules that harm by being there; of the others a part is mended, or their maker changes them.
HARMFUL = REFUSING | {
    Kind.HIDING_WILDCARD,
    Kind.WILDCARD,
    Kind.EMPTY_ROOM,
    Kind.UNTYPABLE_PIN,
    Kind.CALLED_AS_CALLER,
    Kind.IMPOSTOR,
    Kind.DEFEATED,
    Kind.NARROW,
    Kind.OPEN_BESIDE_PIN,
    Kind.DANGLING,
}


LONGEST_TYPED = 200


@dataclass(frozen=True)
class Change:
    """A rule before and after; the id of one that is to be made is empty."""

    before: Rule | None
    after: Rule | None

    @property
    def fate(self) -> str:
        """What becomes of it: comes, goes, kept, changed."""
        if self.before is None:
            return "comes"
        if self.after is None:
            return "goes"
        return "kept" if self.before.info == self.after.info else "changed"


@dataclass(frozen=True)
class Plan:
    """One way to repair a finding, told from others by its `choice`; the name of a `foreign` rule must be typed."""

    finding: Finding
    choice: str
    requests: tuple[Request, ...]
    changes: tuple[Change, ...]
    foreign: Rule | None = None
    still_refused: bool = False  # another rule goes on to keep every call of the trunk out
    inside: int = 0  # people of the web in the rooms concerned

    @property
    def idle(self) -> bool:
        """No rule comes, goes or changes: all that is done is to look again."""
        return all(change.fate == "kept" for change in self.changes)

    @property
    def typed(self) -> str:
        """What must be typed before a foreign rule is touched: its name, or its id where no browser sends that."""
        if self.foreign is None:
            return ""
        name = self.foreign.name.strip()
        return name if _is_typable(name) and impersonal(name) == name else self.foreign.id

    def fingerprint(self, key: bytes) -> str:
        """What was seen and is meant, as a keyed digest: there are PINs in it, which nobody may try out."""
        rows = [[_says(each.before), _says(each.after)] for each in self.changes]
        said = json.dumps([self.finding.key, self.choice, rows])
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def _is_typable(name: str) -> bool:
    """A page shows the name as it is, and a line of a form sends it back so: no tab, no mark that nobody sees."""
    return " ".join(name.split()) == name and name.isprintable() and 0 < len(name) <= LONGEST_TYPED


def plans(finding: Finding, reading: Reading) -> list[Plan]:
    """The ways to repair a finding; none where a person must change a trunk, a room or the program that made a rule.

    A rule of ours is never given up for a foreign one unless it is a double or an orphan.
    """
    if finding.remedy is Remedy.BY_HAND:
        return []
    foreign = [rule for rule in finding.rules if not reading.is_ours(rule)]
    if finding.remedy is Remedy.OURS and not foreign:
        return [*_of_blocker(finding, reading), _of_ours(finding, _requests(finding, reading), reading)]
    lost = [rule for rule in finding.rules if finding.kind in REFUSING and _is_lost(rule, reading)]
    if lost:
        return [_of_ours(finding, [_request(lost[0], reading)], reading)]
    return [plan for rule in foreign for plan in _of_foreign(finding, rule, reading)]


def _of_ours(finding: Finding, requests: Iterable[Request], reading: Reading) -> Plan:
    told = tuple(dict.fromkeys(requests))
    changes = tuple(change for request in told for change in _changes(request, reading))
    inside = sum(reading.web_inside(reading.rooms[request.room_id]) for request in told if isinstance(request, Follow))
    return Plan(finding, "", told, changes, None, _still_refused(finding, changes, reading), inside)


def _of_blocker(finding: Finding, reading: Reading) -> Iterator[Plan]:
    """A foreign rule has the room's place on the trunk, or that of its guard: with it gone, LiveKit takes ours.

    Not one of another Frontdesk, which would put it back: the room's PIN is changed there, and a guard is shared.
    """
    if finding.kind is not Kind.MISSING or finding.room is None:
        return
    made = _changes(Follow(finding.room.id), reading)
    wanted = [change.after for change in made if change.after]
    keys = [key for rule in (*wanted, *_needed_guards(wanted, reading)) for key in rule.keys]
    holders = {holder.id: holder for key in keys if (holder := reading.foreign_keys.get(key))}
    for rule in (holder for holder in holders.values() if not reading.is_of_another(holder)):
        requests = (Delete(rule.id), Follow(finding.room.id))
        yield Plan(
            finding, f"delete~{rule.id}", requests, (Change(rule, None), *made), rule, False, finding.room.web_count
        )


def _needed_guards(wanted: Iterable[Rule], reading: Reading) -> Iterator[Rule]:
    """The guards without which LiveKit gets no hiding rule: on a trunk that lists numbers a narrow one may stand."""
    for trunk_id in {trunk_id for rule in wanted if rule.hides_caller for trunk_id in rule.trunk_ids}:
        trunk = reading.trunk_by_id.get(trunk_id)
        if trunk and not rules.guard_numbers(trunk):
            yield Rule.parse(rules.guard(trunk_id))


def _requests(finding: Finding, reading: Reading) -> Iterator[Request]:
    if finding.room:
        yield Follow(finding.room.id)
    for rule in finding.rules:
        yield _request(rule, reading)
    if not finding.room and not finding.rules:
        yield Heal(finding.trunk_id)


def _request(rule: Rule, reading: Reading) -> Request:
    """What puts a rule of ours right."""
    match reading.owner(rule):
        case GuardOf(trunk_id):
            return Heal(trunk_id)
        case OfRoom(room_id):
            return Follow(room_id)
    return Delete(rule.id)


def _is_lost(rule: Rule, reading: Reading) -> bool:
    """A rule of ours that does not stay as it is anyhow."""
    if not reading.is_ours(rule):
        return False
    changes = _changes(_request(rule, reading), reading)
    return any(change.before and change.before.id == rule.id and change.fate != "kept" for change in changes)


def _changes(request: Request, reading: Reading) -> list[Change]:
    match request:
        case Follow(room_id):
            return _of_room(room_id, reading)
        case Heal(trunk_id):
            return _of_guard(trunk_id, reading)
        case Delete(rule_id):
            return [Change(reading.rule_by_id[rule_id], None)]
        case Replace(rule_id, content):
            return [Change(reading.rule_by_id[rule_id], Rule.parse(content))]


def _of_room(room_id: uuid.UUID, reading: Reading) -> list[Change]:
    room, found = reading.rooms[room_id], reading.of_room.get(room_id, [])
    old = [rule for rule in found if reading.owner(rule) == OfRoom(room_id, old=True)]
    now = [rule for rule in found if rule not in old]
    inside = reading.web_inside(room)
    of_old = _of_pin(old, rules.desired_old(room, inside), room.old_sip_dispatch_rule_id)
    return [*_of_pin(now, rules.desired(room, inside), room.sip_dispatch_rule_id), *of_old]


def _of_pin(found: list[Rule], wish: Json | None, known: str | None) -> list[Change]:
    wanted = Rule.parse(wish) if wish else None
    kept = next((rule for rule in found if rule.id == known), found[0] if found else None)
    gone = [Change(rule, None) for rule in found if rule is not kept]
    if wanted is None or kept is None:
        return [*_whole(kept, wanted), *gone]
    if kept.trunk_ids != wanted.trunk_ids:  # LiveKit checks no conflict where a rule moves to: a new one is made
        return [Change(None, wanted), Change(kept, None), *gone]
    return [_held(kept, wanted), *gone]


def _of_guard(trunk_id: str, reading: Reading) -> list[Change]:
    found, row = reading.guards.get(trunk_id, []), reading.rows.get(trunk_id)
    if trunk_id not in reading.trunk_by_id:
        return [Change(rule, None) for rule in found]
    kept = guard.kept_of(trunk_id, row.guard_rule_id if row else None, found)
    gone = [Change(rule, None) for rule in found if rule is not kept]
    wanted = Rule.parse(rules.guard(trunk_id, kept.numbers if kept else ()))
    return [_held(kept, wanted) if kept else Change(None, wanted), *gone]


def _whole(kept: Rule | None, wanted: Rule | None) -> list[Change]:
    return [Change(kept, wanted)] if kept or wanted else []


def _held(kept: Rule, wanted: Rule) -> Change:
    """The rule stays under its id, with what is wanted of it."""
    if rules.fingerprint(kept) == rules.fingerprint(wanted):
        return Change(kept, kept)
    return Change(kept, replace(wanted, id=kept.id))


def _of_foreign(finding: Finding, rule: Rule, reading: Reading) -> Iterator[Plan]:
    """Mendings first, then the deletion."""
    mended = _mended(finding, rule, reading)
    ways: list[tuple[str, Request]] = [(how, Replace(rule.id, content)) for how, content in mended]
    if finding.kind in HARMFUL:
        ways.append(("delete", Delete(rule.id)))
    stays = [Change(other, other) for other in finding.rules if other is not rule]
    for how, request in ways:
        changes = (*_changes(request, reading), *stays)
        yield Plan(finding, f"{how}~{rule.id}", (request,), changes, rule, _still_refused(finding, changes, reading))


def _mended(finding: Finding, rule: Rule, reading: Reading) -> Iterator[tuple[str, Json]]:
    info = dict(rule.info)
    if finding.kind is Kind.CALLER_IN_ROOM and (content := caller_id.omitting(info)) is not None:
        yield "omit", content
    match finding.kind:
        case Kind.CALLER_VISIBLE | Kind.CALLER_IN_ROOM if hiding.obstacle(rule, reading) is None:
            yield "hide", info | {"hide_phone_number": True}
        case Kind.DANGLING:
            if left := hiding.present(rule.trunk_ids, reading):  # with none left it would take the calls of all
                yield "undangle", info | {"trunk_ids": left}
        case Kind.SELF_CONFLICT:
            yield "once", info | _once(rule)


def not_hidden(finding: Finding, reading: Reading) -> Obstacle | None:
    """Why it is not offered to hide the numbers that a foreign rule shows; None where it is, or nobody asks."""
    if finding.kind not in {Kind.CALLER_VISIBLE, Kind.CALLER_IN_ROOM}:
        return None
    foreign = (rule for rule in finding.rules if not reading.is_ours(rule))
    return next(filter(None, (hiding.obstacle(rule, reading) for rule in foreign)), None)


def _once(rule: Rule) -> Json:
    lists = {"numbers": rule.numbers, "inbound_numbers": rule.inbound_numbers}
    once = {
        name: list({normalise(number): number for number in reversed(said)}.values())[::-1]
        for name, said in lists.items()
    }
    return {**once, "trunk_ids": list(dict.fromkeys(rule.trunk_ids))}


def _still_refused(finding: Finding, changes: Sequence[Change], reading: Reading) -> bool:
    """LiveKit would refuse the calls of the trunk afterwards too, because of another rule."""
    if finding.kind not in REFUSING:
        return False
    turned = {change.before.id: change.after for change in changes if change.before}
    listed = [
        rule
        for rule in reading.rules
        if not (finding.trunk_id and rule.trunk_ids) or finding.trunk_id in rule.trunk_ids
    ]
    left = [turned.get(rule.id, rule) for rule in listed] + [change.after for change in changes if not change.before]
    try:
        check_rules(rule for rule in left if rule)
    except MatchingError:
        return True
    return False


def _says(rule: Rule | None) -> str:
    return f"{rules.fingerprint(rule)} {json.dumps(dict(rule.info), sort_keys=True)}" if rule else ""
