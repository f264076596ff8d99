"""What somebody asks about a call: who dials what from where, and what is typed at the prompt."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from webapp.matching import SipCall
from webapp.tracer.masks import is_masked


class TypedChoice(enum.Enum):
    """What the caller types when a PIN is asked."""

    NOTHING = "nothing"
    HASH = "hash"
    PIN = "pin"


@dataclass(frozen=True)
class PastedPart:
    """What lines of a pasted text, counted from 1, say, as codes; without any they were not understood."""

    first: int
    last: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A call as it is asked about; `lines` are codes of what pasted log lines said, never their text.

    `trunk_id`, `rule_id` and `room` are what the lines prove of the call; `more` counts readings that are not shown.
    """

    to_user: str = ""
    from_user: str = ""
    source_ip: str = ""
    from_host: str = ""
    typed: str = TypedChoice.NOTHING.value
    pin: str = ""
    lines: tuple[str, ...] = ()
    calls: int = 0
    pin_dropped: bool = False
    outbound: bool = False
    trunk_id: str = ""
    rule_id: str = ""
    room: str = ""
    readings: tuple[PastedPart, ...] = ()
    more: int = 0

    @property
    def pasted(self) -> bool:
        """It was read from lines, and not typed."""
        return bool(self.lines or self.readings)

    @property
    def masked(self) -> tuple[str, ...]:
        """Fields whose number somebody masked before it was pasted."""
        return tuple(name for name in ("to_user", "from_user") if self.pasted and is_masked(getattr(self, name)))

    @property
    def unmasked(self) -> Self:
        """Without masked numbers, which are typed anew."""
        masked = self.masked
        return replace(
            self,
            to_user="" if "to_user" in masked else self.to_user,
            from_user="" if "from_user" in masked else self.from_user,
        )

    @property
    def traceable(self) -> bool:
        """LiveKit's matching can follow it: an incoming call whose called number is there as it was sent."""
        return bool(self.to_user) and not self.outbound and "to_user" not in self.masked

    @property
    def call(self) -> SipCall:
        """The call as the matching reads it."""
        return SipCall(self.from_user, self.from_host, self.to_user, self.source_ip)

    @property
    def keys(self) -> str | None:
        """The keys pressed at the prompt; None while nothing was."""
        return {TypedChoice.HASH.value: "#", TypedChoice.PIN.value: f"{self.pin}#"}.get(self.typed)

    def as_json(self) -> dict[str, Any]:
        """The question as it is sealed."""
        return asdict(self)

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Read a question that was sealed."""
        readings = tuple(
            PastedPart(each["first"], each["last"], tuple(each["codes"])) for each in stored.get("readings", ())
        )
        return cls(**{**stored, "lines": tuple(stored["lines"]), "readings": readings})
