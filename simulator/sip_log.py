"""The log of LiveKit's SIP bridge about a call, line by line as it writes JSON; PINs are in it, in clear."""

import time
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]
_RESULTS = {
    "hangup": "success",
    "cancelled": "success",
    "removed": "success",
    "flood": "client_error",
    "wrong-pin": "client_error",
    "duplicate-identity": "client_error",
    "media-timeout": "indeterminate",
}
_WITH_ERROR = {"dispatch-error", "participant-failed", "media-timeout", "no-answer"}


@dataclass
class SipLog:
    """The lines of one call; `context` grows with what the bridge knows of it."""

    context: Line
    lines: list[Line] = field(default_factory=list)

    def write(self, caller: str, msg: str, level: str = "info", **more: Any) -> None:
        """Add a line; `caller` is the place in the bridge's source."""
        head = {"level": level, "ts": time.time(), "logger": "sip", "caller": f"sip/{caller}", "msg": msg}
        self.lines.append({**head, **self.context, **more})

    def says(self, msg: str) -> bool:
        """The message is among the lines."""
        return any(line["msg"] == msg for line in self.lines)

    def close(self, reason: str) -> None:
        """The lines that end every call; the status in them means nothing for answered calls."""
        outcome: Line = {"status": 486, "result": _RESULTS.get(reason, "server_error"), "reason": reason}
        if reason in _WITH_ERROR:
            self.write("inbound.go:1381", "Closing inbound call with error", "warn", **outcome)
        else:
            self.write("inbound.go:1383", "Closing inbound call", **outcome)
        if reason != "flood":
            self.write("inbound.go:1420", "Inbound call closed", **outcome)
        self.write("signaling_timestamps.go:83", "signaling timestamps", **outcome)
        last = {"level": "info", "ts": time.time(), "logger": "sip", "caller": "service/service.go:261"}
        self.lines.append({**last, "msg": "SIP call ended", "callID": self.context["callID"], "reason": reason})
