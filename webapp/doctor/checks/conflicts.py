"""Rules and trunks that LiveKit cannot have beside each other: it refuses the calls that both would take."""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Rule, Trunk, address_allowed, normalise, parse_address, usable_masks

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading

Key = tuple[str, str, str, str]


def of_rules(reading: "Reading") -> Iterator[Finding]:
    """Pairs of rules with one key, rules that repeat their own key, and rules of no kind: nobody gets through."""
    holders: dict[Key, Rule] = {}
    for rule in reading.rules:
        if not rule.kind:
            yield Finding(Kind.NO_KIND, (rule,), trunk_id=_trunk(rule), on=_shared(rule, rule))
            continue
        if len(set(rule.keys)) < len(rule.keys):
            yield Finding(Kind.SELF_CONFLICT, (rule,), trunk_id=_trunk(rule), on=_shared(rule, rule))
        yield from _with_earlier(rule, holders)


def of_trunks(reading: "Reading") -> Iterator[Finding]:
    """Trunks that take the same calls: LiveKit ranks none above the other and refuses those calls."""
    listing: dict[str, list[Trunk]] = {}
    for trunk in reading.trunks:
        for number in {normalise(number) for number in trunk.numbers}:
            listing.setdefault(number, []).append(trunk)
    pairs = {(one.id, other.id): (one, other) for found in listing.values() for one, other in combinations(found, 2)}
    yield from _clashes(Kind.SAME_NUMBER, pairs.values())
    default = [trunk for trunk in reading.trunks if not trunk.numbers]
    yield from _clashes(Kind.TWO_DEFAULTS, combinations(default, 2))


def _with_earlier(rule: Rule, holders: dict[Key, Rule]) -> Iterator[Finding]:
    seen = {rule.id}
    for key in rule.keys:
        holder = holders.setdefault(key, rule)
        if holder.id not in seen:
            seen.add(holder.id)
            yield Finding(Kind.CONFLICT, (holder, rule), trunk_id=key[1], on=_shared(holder, rule))


def _shared(one: Rule, other: Rule) -> tuple[str, ...]:
    """The trunks on which both rules stand; "" for every trunk, where one of none has what the other has."""
    return tuple(
        trunk_id for trunk_id in dict.fromkeys(one.trunk_ids or ("",)) if trunk_id in (other.trunk_ids or ("",))
    )


def _trunk(rule: Rule) -> str:
    return rule.trunk_ids[0] if rule.trunk_ids else ""


def _clashes(kind: Kind, pairs: Iterable[tuple[Trunk, Trunk]]) -> Iterator[Finding]:
    for one, other in pairs:
        if _callers_meet(one, other) and _addresses_meet(one, other):
            yield Finding(kind, trunk_id=one.id, trunks=(one, other))


def _callers_meet(one: Trunk, other: Trunk) -> bool:
    if not one.allowed_numbers or not other.allowed_numbers:
        return True
    return bool({*map(normalise, one.allowed_numbers)} & {*map(normalise, other.allowed_numbers)})


def _addresses_meet(one: Trunk, other: Trunk) -> bool:
    ours, theirs = usable_masks(one.allowed_addresses), usable_masks(other.allowed_addresses)
    if not ours or not theirs:
        return True
    return any(_meet(a, b) for a in ours for b in theirs)


def _meet(mask: str, other: str) -> bool:
    """Some call fits both: from an address that both cover, or from one of the one with the host that the other says.

    A call claims one host, so that two hosts meet only where they are the same.
    """
    first, second = _first_of(mask), _first_of(other)
    if not first or not second:
        return mask == other or (_is_host(mask) and bool(second)) or (_is_host(other) and bool(first))
    # Of two networks that meet, the larger one holds every address of the smaller: its first one will do.
    return address_allowed((mask,), second, "") or address_allowed((other,), first, "")


def _is_host(mask: str) -> bool:
    return "/" not in mask and not parse_address(mask)


def _first_of(mask: str) -> str:
    """An address that the mask covers, or nothing: a host, or a network that the matching cannot read, covers none."""
    address = mask.rpartition("/")[0] or mask
    return address if parse_address(address) and address_allowed((mask,), address, "") else ""
