"""Guards: a call without a caller number that reaches a rule which hides numbers ends LiveKit for everybody."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Rule, Trunk, best_rule
from webapp.rules.owners import GuardOf

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading

OTHER_FORM = "a form that no rule lists"  # rules compare called numbers exactly, trunks do not


def guards(reading: "Reading") -> Iterator[Finding]:
    """Trunks where a call without a number may reach a hiding rule, because of no guard, a beaten or a narrow one."""
    for trunk in reading.trunks:
        fitting = [rule for rule in reading.on_trunk.get(trunk.id, []) if rule.takes_numberless_calls]
        if any(rule.hides_caller for rule in fitting):
            yield from _of_trunk(reading, trunk, fitting)


def hiding_wildcards(reading: "Reading") -> Iterator[Finding]:
    """Hiding rules of no trunk: no guard covers them, because a guard stands on a trunk."""
    for rule in reading.rules:
        if not rule.trunk_ids and rule.hides_caller and rule.takes_numberless_calls:
            yield Finding(Kind.HIDING_WILDCARD, (rule,))


def strays(reading: "Reading") -> Iterator[Finding]:
    """Guards of trunks that are gone."""
    for trunk_id, rules in reading.guards.items():
        for rule in rules if trunk_id not in reading.trunk_by_id else ():
            yield Finding(Kind.ORPHAN, (rule,), trunk_id=trunk_id)


def _of_trunk(reading: "Reading", trunk: Trunk, fitting: list[Rule]) -> Iterator[Finding]:
    here = GuardOf(trunk.id)
    guard = next((rule for rule in reading.on_trunk[trunk.id] if reading.owner(rule) == here), None)
    unsafe = _unsafe(_takers(reading, trunk, fitting), fitting)
    if guard is None:
        if unsafe:
            yield Finding(Kind.UNGUARDED, trunk_id=trunk.id)
        return
    names = set(guard.numbers)
    covered = [rule for number, rule in unsafe.items() if not names or number in names]
    # the fault of a foreign rule that stands before the guard, or of the guard, when a rule of ours is next
    for rule in dict.fromkeys(rule if rule.id in reading.foreign_ids else guard for rule in covered):
        yield Finding(Kind.DEFEATED, (rule,), trunk_id=trunk.id, detail=trunk.id)
    if len(covered) < len(unsafe):
        yield Finding(Kind.NARROW, (guard, *_in_the_way(guard, reading)), trunk_id=trunk.id)


def _takers(reading: "Reading", trunk: Trunk, fitting: list[Rule]) -> dict[str, Rule]:
    """Which of the rules takes a call without a caller number first, by the number called."""
    always = best_rule([rule for rule in fitting if not rule.numbers])
    listing: dict[str, list[Rule]] = {}
    for rule in fitting:
        for number in rule.numbers:
            listing.setdefault(number, []).append(rule)
    numbers = sorted({*trunk.numbers, OTHER_FORM, *(number for number in listing if reading.takes(trunk, number))})
    takers = ((number, best_rule(_by_id(always, *listing.get(number, [])))) for number in numbers)
    return {number: rule for number, rule in takers if rule is not None}


def _unsafe(takers: dict[str, Rule], fitting: list[Rule]) -> dict[str, Rule]:
    """Those that hide numbers, or ask for a PIN, with which the caller then reaches one that does."""
    hiding = [rule for rule in fitting if rule.hides_caller]
    anyhow, listed = any(not rule.numbers for rule in hiding), {number for rule in hiding for number in rule.numbers}
    asked = {number: rule for number, rule in takers.items() if rule.pin and (anyhow or number in listed)}
    return {number: rule for number, rule in takers.items() if rule.hides_caller or number in asked}


def _in_the_way(guard: Rule, reading: "Reading") -> list[Rule]:
    """The foreign rules that have the place of a guard for all numbers; with none of them ours widens by itself."""
    wide = set(replace(guard, numbers=()).keys)
    return [rule for rule in reading.foreign if wide & set(rule.keys)]


def _by_id(*rules: Rule | None) -> list[Rule]:
    return sorted((rule for rule in rules if rule is not None), key=lambda rule: rule.id)
