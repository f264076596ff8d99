"""Phone calls as the SIP bridge sees them: who calls, what was said in SIP, and how the call stands."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from simulator import ids
from simulator.sip_log import SipLog
from simulator.world import Participant
from webapp.matching import KEYPAD, SipCall

REPEATED_SECONDS = 60.0
KEPT_CALLS = 1000
NO_SUCH_KEY = "a phone has the keys 0-9, *, # and a-d"


class State(StrEnum):
    """Where a call is. `silent`: it rings, and no final answer will ever come."""

    TRYING = "trying"
    RINGING = "ringing"
    SILENT = "silent"
    PROMPT = "prompt"
    JOINING = "joining"
    INSIDE = "inside"
    ENDED = "ended"


class Keys(StrEnum):
    """How a phone sends the keys pressed: in its audio, by SIP INFO, or not at all. LiveKit hears the first only."""

    AUDIO = "audio"
    INFO = "info"
    NONE = "none"


@dataclass(frozen=True)
class Caller:
    """What a phone sends with its INVITE, and what it has if it is asked: password, and `keys` for the PIN prompt."""

    number: str = "+15551234"
    called: str = "+15550001"
    source_ip: str = "127.0.0.1"
    from_host: str = "127.0.0.1"
    to_host: str = "127.0.0.1"
    call_id: str = ""
    tag: str = ""
    username: str = ""
    password: str = ""
    keys: str = ""
    keys_by: str = Keys.AUDIO

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Self:
        """Read a caller from JSON; `from` and `to` are the numbers. Raises ValueError for anything else than texts."""
        known = {"from": "number", "to": "called"} | {name: name for name in cls.__dataclass_fields__}
        texts = {known[name]: value for name, value in fields.items() if name in known}
        if not all(isinstance(value, str) for value in texts.values()):
            raise ValueError("every field of a caller is a text")
        filled = cls(**texts)
        Keys(filled.keys_by)
        if not set(filled.keys) <= KEYPAD:
            raise ValueError(NO_SUCH_KEY)
        call_id = filled.call_id or f"{ids.letters(16)}@{filled.source_ip}"
        return replace(filled, call_id=call_id, tag=filled.tag or ids.letters(9))


@dataclass(eq=False)
class PhoneCall:
    """One call, from its INVITE to its end; times are seconds since the INVITE."""

    caller: Caller
    id: str = field(default_factory=lambda: ids.new("SCL_"))
    state: State = State.TRYING
    reason: str = ""
    trunk_id: str = ""
    rule_id: str = ""
    room: str = ""
    prompts: list[str] = field(default_factory=list)
    sip: list[tuple[float, str, str]] = field(default_factory=list)
    participant: Participant | None = None
    pin: str = ""
    answered: bool = False
    published: bool = False
    began: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[None] | None" = None
    log: SipLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = SipLog(_context(self))

    def asked(self) -> SipCall:
        """The call as the matching looks at it."""
        caller = self.caller
        return SipCall(caller.number, caller.from_host, caller.called, caller.source_ip, self.id)

    def send(self, answer: str) -> None:
        """The bridge says something to the caller."""
        self.sip.append((time.monotonic() - self.began, "<", answer))

    def hear(self, request: str) -> None:
        """The caller says something to the bridge."""
        self.sip.append((time.monotonic() - self.began, ">", request))

    def answers(self) -> list[str]:
        """The SIP answers so far, and BYE when the bridge hung up."""
        return [text for _, direction, text in self.sip if direction == "<"]

    def at_rest(self) -> bool:
        """Nothing more happens until somebody does something."""
        rings_in_the_room = self.state is State.RINGING and self.participant is not None
        return (self.task is None or self.task.done()) or (rings_in_the_room and self.published)

    def end(self, reason: str) -> None:
        """The call is over."""
        self.state, self.reason, self.participant = State.ENDED, reason, None


@dataclass
class Phones:
    """All calls of one world, and the rejections that a repeated INVITE gets again."""

    calls: dict[str, PhoneCall] = field(default_factory=dict)
    rejected: dict[tuple[str, str], tuple[float, list[str]]] = field(default_factory=dict)

    def remembered(self, caller: Caller) -> list[str]:
        """What this very INVITE was answered within the last minute, if it was rejected."""
        at, answers = self.rejected.get((caller.call_id, caller.tag), (0.0, []))
        return answers if at and time.monotonic() - at < REPEATED_SECONDS else []

    def add(self, call: PhoneCall) -> None:
        """A new call; of the ended ones only the last thousand are kept."""
        self.calls[call.id] = call
        if len(self.calls) > KEPT_CALLS:
            ended = next((each for each, old in self.calls.items() if old.state is State.ENDED), None)
            self.calls.pop(ended or "", None)

    def remember(self, call: PhoneCall) -> None:
        """The same INVITE is to be rejected in the same way."""
        now = time.monotonic()
        while self.rejected and now - next(iter(self.rejected.values()))[0] >= REPEATED_SECONDS:
            del self.rejected[next(iter(self.rejected))]
        self.rejected[call.caller.call_id, call.caller.tag] = (now, call.answers())


def _context(call: PhoneCall) -> dict[str, Any]:
    caller = call.caller
    return {
        "callID": call.id,
        "sipCallID": caller.call_id,
        "fromIP": caller.source_ip,
        "toIP": "127.0.0.1:5060",
        "fromHost": caller.from_host,
        "fromUser": caller.number,
        "toHost": caller.to_host,
        "toUser": caller.called,
        "sipTag": caller.tag,
        "direction": "inbound",
        "transport": "udp",
    }
