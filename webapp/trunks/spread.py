"""How many rooms each trunk gives away so that rooms are spread evenly, or are all elsewhere: pure."""

import heapq
from collections.abc import Collection, Mapping

EVERY = "*"  # as a source: every trunk that has rooms
EVEN = "="  # as a target: whichever open trunk has fewest


def quotas(counts: Mapping[str, int], sources: Collection[str], target: str, opened: Collection[str]) -> dict[str, int]:
    """How many rooms each of the sources gives away; those that give none are left out.

    `counts` are the rooms of each trunk, `opened` the trunks that take new rooms.
    """
    if target != EVEN:
        return {trunk: counts[trunk] for trunk in sources if trunk != target and counts.get(trunk)}
    kept = _levelled(counts, sources, opened)
    given = {trunk: counts.get(trunk, 0) - kept.get(trunk, 0) for trunk in sources}
    return {trunk: count for trunk, count in given.items() if count > 0 and set(opened) - {trunk}}


def _levelled(counts: Mapping[str, int], sources: Collection[str], opened: Collection[str]) -> dict[str, int]:
    """How many rooms each open trunk has in the end: what the sources hold is poured where there is least.

    A source keeps its own rooms first, so that nothing moves that need not.
    """
    pool = sum(counts.get(trunk, 0) for trunk in sources)
    levels = [(0 if trunk in sources else counts.get(trunk, 0), -counts.get(trunk, 0), trunk) for trunk in opened]
    heapq.heapify(levels)
    for _room in range(pool if levels else 0):
        level, had, trunk = levels[0]
        heapq.heapreplace(levels, (level + 1, had, trunk))
    return {trunk: level for level, _had, trunk in levels}
