"""What somebody asks about a call: who dials what from where, and what is typed at the prompt."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from webapp.matching import Call


class Typed(enum.Enum):
    """What the caller types when a PIN is asked."""

    NOTHING = "nothing"
    HASH = "hash"
    PIN = "pin"


@dataclass(frozen=True)
class Question:
    """A call as it is asked about; `lines` are codes of what pasted log lines said, never their text."""

    to_user: str = ""
    from_user: str = ""
    source_ip: str = ""
    from_host: str = ""
    typed: str = Typed.NOTHING.value
    pin: str = ""
    lines: tuple[str, ...] = ()
    calls: int = 0
    pin_dropped: bool = False

    @property
    def call(self) -> Call:
        """The call as the matching reads it."""
        return Call(self.from_user, self.from_host, self.to_user, self.source_ip)

    @property
    def keys(self) -> str | None:
        """The keys pressed at the prompt; None while nothing was."""
        return {Typed.HASH.value: "#", Typed.PIN.value: f"{self.pin}#"}.get(self.typed)

    def as_json(self) -> dict[str, Any]:
        """The question as it is sealed."""
        return asdict(self)

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Read a question that was sealed."""
        return cls(**{**stored, "lines": tuple(stored["lines"])})
