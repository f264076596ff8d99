"""What foreign rules say that goes wrong: with callers, with strangers, or with callers' numbers."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import LONGEST_PIN, Rule

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading

TYPABLE = frozenset("0123456789*")  # what every phone has and LiveKit reads; "#" ends the PIN
ANY = None  # where a rule has no filter


def contents(reading: "Reading") -> Iterator[Finding]:
    """Each rule that no Frontdesk made, for itself."""
    for rule in reading.strange:
        if rule.kind:
            yield from _of_rule(rule)
        for place, trunk_id in enumerate(rule.trunk_ids):
            if trunk_id not in reading.trunk_by_id:
                yield Finding(Kind.DANGLING, (rule,), trunk_id=trunk_id, detail=f"trunk_ids.{place}")


def open_beside_pins(reading: "Reading") -> Iterator[Finding]:
    """Open rules to which a caller falls who presses only # where a PIN is asked for."""
    asking = {trunk_id: _Filters(rule for rule in found if rule.pin) for trunk_id, found in reading.on_trunk.items()}
    anywhere, nobody = _Filters(rule for rule in reading.rules if rule.pin), _Filters(())
    for rule in reading.strange:
        if rule.pin or not rule.kind:
            continue
        beside = [trunk_id for trunk_id in filter(None, rule.trunk_ids) if asking.get(trunk_id, nobody).meet(rule)]
        if beside or (not rule.trunk_ids and anywhere.meet(rule)):
            yield Finding(Kind.OPEN_BESIDE_PIN, (rule,), trunk_id=beside[0] if beside else "")


class _Filters:
    """The filters of many rules by caller and number called, so that one look tells whether a call fits any of them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        both = ((rule.inbound_numbers or (ANY,), rule.numbers or (ANY,)) for rule in rules)
        self._pairs = {pair for callers, called in set(both) for pair in product(callers, called)}
        self._callers = {caller for caller, _called in self._pairs}
        self._called = {called for _caller, called in self._pairs}

    def meet(self, rule: Rule) -> bool:
        """Some call fits the rule and one of those; no filter lets every number through."""
        callers, called = {*rule.inbound_numbers, ANY}, {*rule.numbers, ANY}
        if not rule.inbound_numbers:
            return bool(self._called) if not rule.numbers else not called.isdisjoint(self._called)
        if not rule.numbers:
            return not callers.isdisjoint(self._callers)
        return any(pair in self._pairs for pair in product(callers, called))


def _of_rule(rule: Rule) -> Iterator[Finding]:
    if not rule.trunk_ids:
        yield Finding(Kind.WILDCARD, (rule,))
    if rule.kind == "direct" and not rule.room:
        yield Finding(Kind.EMPTY_ROOM, (rule,), trunk_id=_first(rule))
    if len(rule.pin) > LONGEST_PIN or not TYPABLE.issuperset(rule.pin):
        yield Finding(Kind.UNTYPABLE_PIN, (rule,), trunk_id=_first(rule))
    yield from _of_numbers_shown(rule)


def _of_numbers_shown(rule: Rule) -> Iterator[Finding]:
    if rule.kind == "callee" and not _omits(rule):
        yield Finding(Kind.CALLED_IN_ROOM, (rule,), trunk_id=_first(rule))
    if rule.hides_caller:
        return
    if rule.kind == "individual" and not _omits(rule):
        yield Finding(Kind.CALLER_IN_ROOM, (rule,), trunk_id=_first(rule))
    yield Finding(Kind.CALLER_VISIBLE, (rule,), trunk_id=_first(rule))


def _omits(rule: Rule) -> bool:
    """LiveKit's protocol may get a switch for it, in the rule or in its kind."""
    inner = (rule.info.get("rule") or {}).get(f"dispatch_rule_{rule.kind}") or {}
    return bool(rule.info.get("omit_caller_id") or inner.get("omit_caller_id"))


def _first(rule: Rule) -> str:
    return rule.trunk_ids[0] if rule.trunk_ids else ""
