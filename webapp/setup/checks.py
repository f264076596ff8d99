"""What the facts mean: a state, a sentence, and the exact fix. What cannot be found out says so and is never green."""

import enum
from dataclasses import dataclass


class State(enum.Enum):
    """How a check ended, worst first."""

    BAD = "bad"
    WARNING = "warning"
    UNKNOWN = "unknown"
    FINE = "fine"


@dataclass(frozen=True)
class Check:
    """One line of the list; `lines` are what to type or to write into a file."""

    key: str
    title: str
    state: State
    said: str
    fix: str = ""
    lines: tuple[str, ...] = ()


def worst_first(checks: list[Check]) -> list[Check]:
    """Whatever needs a hand comes first; otherwise the order stays."""
    order = list(State)
    return sorted(checks, key=lambda check: order.index(check.state))
