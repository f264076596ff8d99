"""How many PINs there are: those that `pins.draw` can draw, and those that it never does."""

from functools import cache


@cache
def codes(length: int) -> int:
    """How many PINs of a length can be drawn: no leading zero, no run (1234), no repeated block (7777, 1212)."""
    return _every(length) - trivial(length)


def _every(length: int) -> int:
    """Numbers of so many digits, the first of them no zero."""
    return int(9 * 10 ** (length - 1))


def trivial(length: int) -> int:
    """How many PINs of a length are never drawn: 9 runs upwards and 9 downwards, and what repeats a block.

    A PIN that repeats a block of at most half its length does so with one shortest block (Fine and Wilf 1965), which
    repeats none itself: so these are counted, and nothing twice.
    """
    return 18 + sum(_blocks(size) for size in range(1, length // 2 + 1))


@cache
def _blocks(size: int) -> int:
    """Blocks of digits without leading zero that are not made of a shorter one."""
    return _every(size) - sum(_blocks(part) for part in range(1, size) if size % part == 0)
