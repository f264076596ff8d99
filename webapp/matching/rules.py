"""Which dispatch rule takes a call, and which rules cannot stand beside each other."""

from collections.abc import Iterable, Iterator, Sequence

from webapp.matching.errors import ConflictError, MatchingError
from webapp.matching.model import Rule, SipCall, Trunk
from webapp.matching.quoting import quoted

NO_KIND = 2**31 - 1
_KIND_PRIORITY = {"direct": 0, "individual": 1, "callee": 2}


def loaded_rules(rules: Iterable[Rule], trunk: Trunk | None) -> Iterator[Rule]:
    """The rules LiveKit reads for a call: those of the trunk and the wildcards; without a trunk, all of them."""
    for rule in rules:
        if trunk is None or not rule.trunk_ids or trunk.id in rule.trunk_ids:
            yield rule


def check_rules(rules: Iterable[Rule]) -> None:
    """Fail as LiveKit does on the first rule, in the order given, that has no kind or conflicts with an earlier one.

    Raises MatchingError or ConflictError. A rule that repeats one of its own combinations conflicts with itself.
    """
    holders: dict[tuple[str, str, str, str], Rule] = {}
    for rule in rules:
        if not rule.kind:
            raise bad_rule()
        for key in rule.keys:
            if key in holders:
                raise _conflict(rule, holders[key])
            holders[key] = rule


def choose_rule(
    rules: Iterable[Rule], trunk: Trunk | None, call: SipCall, pin: str = "", no_pin: bool = False
) -> Rule | None:
    """The best of the loaded rules for a call, or None: rules of the trunk beat every wildcard rule.

    LiveKit walks rules by id, and ties go to the first: give them in that order.
    """
    fitting = [rule for rule in rules if _fits_numbers(rule, call) and _fits_pin(rule, pin, no_pin)]
    wildcard = [rule for rule in fitting if not rule.trunk_ids]
    specific = [rule for rule in fitting if trunk is not None and trunk.id in rule.trunk_ids]
    return best_rule(specific or wildcard)


def best_rule(rules: Sequence[Rule]) -> Rule | None:
    """The rule of the best priority; ties go to the smaller room or prefix, then to the first in the order given."""
    return min(rules, key=lambda rule: (priority(rule), rule.room), default=None)


def priority(rule: Rule) -> int:
    """LiveKit's rank of a rule: the smaller, the earlier it takes a call."""
    if not rule.kind:
        return NO_KIND
    rank = _KIND_PRIORITY[rule.kind] + (0 if rule.pin else 100)
    return rank + 1000 * ((not rule.inbound_numbers) + (not rule.numbers))


def bad_rule() -> MatchingError:
    """A rule of no kind ends every lookup that loads it."""
    return MatchingError("bad_rule", "invalid_argument", "unsupported SIP Dispatch Rule: <nil>", wrapped=True)


def _fits_numbers(rule: Rule, call: SipCall) -> bool:
    # Exact text on purpose: LiveKit normalises a trunk's numbers here, never a rule's.
    called = not rule.numbers or call.to_user in rule.numbers
    return called and (not rule.inbound_numbers or call.from_user in rule.inbound_numbers)


def _fits_pin(rule: Rule, pin: str, no_pin: bool) -> bool:
    if no_pin:
        return not rule.pin
    return not pin or rule.pin == pin


def _conflict(rule: Rule, holder: Rule) -> ConflictError:
    name = f"{quoted(holder.id or '<new>')} {quoted(holder.name or '<blank name>')}"
    return ConflictError(
        "rule_conflict",
        "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists in dispatch rule "
        + name,
        (rule.id, holder.id),
    )
