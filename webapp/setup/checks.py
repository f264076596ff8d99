"""What the facts mean: a state, a sentence, and the exact fix. What cannot be found out says so and is never green."""

import enum
from dataclasses import dataclass


class CheckState(enum.Enum):
    """How a check ended."""

    BAD = "bad"
    WARNING = "warning"
    UNKNOWN = "unknown"
    FINE = "fine"


WORST_FIRST = (CheckState.BAD, CheckState.WARNING, CheckState.UNKNOWN, CheckState.FINE)


@dataclass(frozen=True)
class Check:
    """One line of the list; `lines` are what to type or to write into a file."""

    key: str
    title: str
    state: CheckState
    text: str
    fix: str = ""
    lines: tuple[str, ...] = ()
    url: str = ""  # the page where it is mended


def worst_first(checks: list[Check]) -> list[Check]:
    """Whatever needs a hand comes first; otherwise the order stays."""
    return sorted(checks, key=lambda check: WORST_FIRST.index(check.state))
