"""All checks, one after the other."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from webapp.doctor.checks import conflicts, contents, guards, numbers, rooms, trunks
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import ORDER

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading

CHECKS = (
    conflicts.of_rules,
    conflicts.of_trunks,
    guards.guards,
    guards.hiding_wildcards,
    guards.strays,
    rooms.rooms,
    rooms.impostors,
    rooms.of_another_frontdesk,
    contents.contents,
    contents.open_beside_pins,
    numbers.of_rules,
    numbers.of_trunks,
    trunks.trunks,
)


def find(reading: "Reading") -> list[Finding]:
    """Every finding, worst first, in an order that their keys alone decide."""
    found = [_told_whose(finding, reading) for check in CHECKS for finding in check(reading)]
    return sorted(found, key=rank)


def _told_whose(finding: Finding, reading: "Reading") -> Finding:
    foreign = frozenset(rule.id for rule in finding.rules if rule.id in reading.foreign_ids)
    return replace(finding, foreign=foreign) if foreign else finding


def rank(finding: Finding) -> tuple[int, str]:
    """Where a finding stands among all; a page begins after one."""
    return ORDER[finding.kind], finding.key


def by_rule(found: Iterable[Finding]) -> dict[str, Finding]:
    """The worst finding of each rule, by its id."""
    worst: dict[str, Finding] = {}
    for finding in found:
        for rule in finding.rules:
            worst.setdefault(rule.id, finding)
    return worst
