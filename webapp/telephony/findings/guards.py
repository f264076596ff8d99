"""Guards: a call without a caller number that reaches a rule which hides numbers ends LiveKit for everybody."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import Kind
from webapp.telephony.findings.world import World
from webapp.telephony.matching import Rule, Trunk, best_rule, fits_number

NOBODY = ""
OTHER_FORM = "a form that no rule lists"  # rules compare called numbers exactly, trunks do not


def guards(world: World) -> Iterator[Finding]:
    """Trunks where a call without a number may reach a hiding rule, because of no guard, a beaten or a narrow one."""
    for trunk in world.trunks:
        found = world.on_trunk.get(trunk.id, [])
        if not any(rule.hides_caller for rule in found):
            continue
        guard = next((rule for rule in found if world.guards.get(rule.id) == trunk.id), None)
        beats = _unguarded(trunk, found, guard)
        if guard is None:
            if beats:
                yield Finding(Kind.UNGUARDED, trunk_id=trunk.id)
            continue
        # the fault of a foreign rule that stands before the guard, or of the guard, when a rule of ours is next
        for rule in dict.fromkeys(rule if rule.id in world.foreign_ids else guard for rule in beats):
            yield Finding(Kind.DEFEATED, (rule,), trunk_id=trunk.id, detail=trunk.id)
        if guard.numbers:
            yield Finding(Kind.NARROW, (guard, *_in_the_way(guard, world)), trunk_id=trunk.id)


def hiding_wildcards(world: World) -> Iterator[Finding]:
    """Hiding rules of no trunk: no guard covers them, because a guard stands on a trunk."""
    for rule in world.on_trunk.get("", []):
        if rule.hides_caller:
            yield Finding(Kind.HIDING_WILDCARD, (rule,))


def strays(world: World) -> Iterator[Finding]:
    """Guards of trunks that are gone."""
    for rule in world.rules:
        trunk_id = world.guards.get(rule.id)
        if trunk_id is not None and trunk_id not in world.trunk:
            yield Finding(Kind.ORPHAN, (rule,), trunk_id=trunk_id)


def _unguarded(trunk: Trunk, found: list[Rule], guard: Rule | None) -> list[Rule]:
    """The rules that take a call without a caller number where it is not safe, by the number called."""
    fitting = [rule for rule in found if not rule.inbound_numbers or NOBODY in rule.inbound_numbers]
    always = best_rule([rule for rule in fitting if not rule.numbers])
    listing: dict[str, list[Rule]] = {}
    for rule in fitting:
        for number in rule.numbers:
            listing.setdefault(number, []).append(rule)
    numbers = _called(trunk, listing, guard)
    takers = [best_rule(_by_id(always, *listing.get(number, []))) for number in numbers]
    return [rule for rule in takers if rule is not None and _is_unsafe(rule)]


def _called(trunk: Trunk, listed: Iterable[str], guard: Rule | None) -> list[str]:
    """The numbers to try: those that a narrow guard does not name are another finding's."""
    if guard is not None and guard.numbers:
        return sorted(guard.numbers)
    return sorted({*trunk.numbers, OTHER_FORM, *(number for number in listed if fits_number(trunk, number))})


def _is_unsafe(rule: Rule) -> bool:
    """It hides numbers, or asks for a PIN, with which the caller then reaches one that does."""
    return rule.hides_caller or bool(rule.pin)


def _in_the_way(guard: Rule, world: World) -> list[Rule]:
    """The foreign rules that have the place of a guard for all numbers; with none of them ours widens by itself."""
    wide = set(replace(guard, numbers=()).keys)
    return [rule for rule in world.foreign if wide & set(rule.keys)]


def _by_id(*rules: Rule | None) -> list[Rule]:
    return sorted((rule for rule in rules if rule is not None), key=lambda rule: rule.id)
