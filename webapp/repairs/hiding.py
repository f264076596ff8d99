"""Where a foreign rule may be made to hide numbers: only where the guard keeps away every call without a number."""

import enum
from collections.abc import Iterable

from webapp.doctor.reading import Reading
from webapp.matching import Rule, best_rule
from webapp.rules import wanted


class Obstacle(enum.Enum):
    """Why a rule must go on to show numbers: hidden, they would let anybody end LiveKit."""

    NO_TRUNK = "no_trunk"  # LiveKit has none of its trunks, and a guard stands on a trunk
    OPEN = "open"  # it has the guard's place itself
    BESIDE_OPEN = "beside_open"  # another foreign rule has the guard's place
    FIRST = "first"  # it would take calls without a number before the guard does


def present(trunk_ids: Iterable[str], reading: Reading) -> list[str]:
    """Those of the trunks that LiveKit has."""
    return [trunk_id for trunk_id in trunk_ids if trunk_id in reading.trunk_by_id]


def obstacle(rule: Rule, reading: Reading) -> Obstacle | None:
    """What keeps the rule from hiding numbers; None where it may."""
    trunk_ids = present(rule.trunk_ids, reading)
    if not trunk_ids:
        return Obstacle.NO_TRUNK
    for trunk_id in trunk_ids:
        guard = Rule.parse(wanted.guard(trunk_id))
        for holder in filter(None, map(reading.foreign_keys.get, guard.keys)):
            if reading.is_shared_guard(holder):
                continue
            return Obstacle.OPEN if holder.id == rule.id else Obstacle.BESIDE_OPEN
        if rule.takes_numberless_calls and best_rule([guard, rule]) is rule:
            return Obstacle.FIRST
    return None
