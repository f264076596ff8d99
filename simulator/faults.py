"""What goes wrong on demand: answers, connections and webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["fail", "delay", "html"]
HookKind = Literal["drop", "delay", "duplicate", "reverse"]
Away = Literal["refuse", "hang"]


@dataclass
class Fault:
    """Something that happens to the next `times` calls of a method (`*`: of any).

    `applied` failures come after the work is done: the caller is told of a failure that was none; `applied` delays too:
    the work is done long before its answer. `seconds` of a delay are real ones.
    """

    kind: Kind
    method: str = "*"
    times: int = 1
    code: str = "unavailable"
    message: str = "twirp error unknown: no response from servers"
    status: int = 502
    seconds: float = 0.0
    applied: bool = False


@dataclass
class HookFault:
    """Something that happens to the next `times` webhooks, of one event or one room or any.

    A delayed event comes `seconds` late and is overtaken; reversed ones are kept until `times` are there and sent
    last first.
    """

    kind: HookKind
    times: int = 1
    event: str | None = None
    room: str | None = None
    seconds: float = 0.0


@dataclass
class Faults:
    """The faults still to come."""

    calls: list[Fault] = field(default_factory=list)
    hooks: list[HookFault] = field(default_factory=list)
    away: Away | None = None

    def due(self, method: str) -> list[Fault]:
        """Take what happens to this call: at most one fault of each kind, in the order they were ordered."""
        due: dict[str, Fault] = {}
        for fault in self.calls:
            if fault.method in {method, "*"} and fault.times > 0:
                due.setdefault(fault.kind, fault)
        for fault in due.values():
            fault.times -= 1
        self.calls = _remaining(self.calls)
        return list(due.values())

    def heal(self) -> None:
        """Take back everything."""
        self.calls.clear()
        self.hooks.clear()
        self.away = None

    def described(self) -> dict[str, Any]:
        """The faults as JSON."""
        return {
            "calls": [vars(fault) for fault in self.calls],
            "hooks": [vars(fault) for fault in self.hooks],
            "away": self.away,
        }

    def due_hook(self, event: str, room: str) -> HookFault | None:
        """Take what happens to this webhook, if anything."""
        for fault in self.hooks:
            if fault.times > 0 and fault.event in {None, event} and fault.room in {None, room}:
                fault.times -= 1
                self.hooks = [other for other in self.hooks if other.times > 0]
                return fault
        return None


def _remaining(faults: Iterable[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.times > 0]
