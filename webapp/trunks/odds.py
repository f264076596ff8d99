"""How safe phone PINs are: pure arithmetic over how many codes there are and how many are taken.

`codes` are the PINs that can be drawn, `taken` those of rooms and of the quarantine on one trunk.
"""

import math

from webapp.matching import LONGEST_PIN
from webapp.rooms import pin_space, pins

LENGTHS = range(pins.SHORTEST_PIN, LONGEST_PIN + 1)
SAFE = 1e-6  # one blind guess may reach some room as often as this, were all of them live


def ever_collided(taken: int, codes: int) -> float:
    """The odds that so many PINs, drawn blindly, had at least two alike among them: 1 - exp(-n(n-1)/2N)."""
    return 1.0 if taken > codes else -math.expm1(-taken * (taken - 1) / (2 * codes))


def first_try_fails(taken: int, codes: int) -> float:
    """The odds that the next PIN drawn is taken: n/N."""
    return min(taken / codes, 1.0)


def all_tries_fail(taken: int, codes: int) -> float:
    """The odds that a room gets no PIN, because five draws all hit one that is taken: (n/N)^5."""
    return first_try_fails(taken, codes) ** pins.TRIES


def blind_guess_hits(live: int, codes: int) -> float:
    """The odds that one guess reaches one of the rooms that are live: live/N."""
    return min(live / codes, 1.0)


def expected_guesses(live: int, codes: int) -> float:
    """How many guesses it takes on average to reach a live room: N/live; without end when none is."""
    return codes / live if live else math.inf


def advised_length(rooms: int) -> int:
    """The shortest length at which one guess in a million reaches some room, were all rooms of the trunk live."""
    fitting = (length for length in LENGTHS if blind_guess_hits(rooms, pin_space.codes(length)) <= SAFE)
    return next(fitting, LONGEST_PIN)
