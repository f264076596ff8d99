"""Log lines of livekit-sip, as people paste them: JSON or console form, keys repeated, cut off, several of one call.

Only the fields named here are ever read. A typed PIN is dropped while the text is parsed, passwords' hashes are not
looked at, and nothing of the text itself is kept.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from webapp.matching import parse_address
from webapp.tracer.question import Question, Typed

LONGEST = 100_000  # characters
_READ = frozenset(
    ["msg", "callID", "fromUser", "fromHost", "fromIP", "toUser", "reason", "error", "noPin", "log", "message"]
)
_PAIR = re.compile(r'"(\w+)":\s*("(?:[^"\\]|\\.)*"|true|false)')
_REASONS = frozenset(
    [
        "flood",
        "dispatch-error",
        "wrong-pin",
        "participant-failed",
        "hangup",
        "cancelled",
        "removed",
        "duplicate-identity",
        "media-timeout",
    ]
)
_MESSAGES = {
    "processing invite": "invite",
    "Rejecting inbound flood": "flood",
    "SIP handle dispatch rule error": "dispatch-error",
    "Rejecting inbound call, dispatch evaluation failed": "dispatch-error",
    "Rejecting inbound, auth check failed": "auth-error",
    "Starting SIP invite authentication": "digest",
    "No Proxy header found. Sending 407 Unauthorized response with Proxy-Authenticate header": "digest",
    "SIP invite authentication successful": "digest-passed",
    "auth challenge timed out without authenticated retry; finalizing call as error": "no-password",
    "Authentication failed - response mismatch": "wrong-password",
    "Authentication failed - username mismatch": "wrong-user",
    "Requesting Pin for SIP call": "pin-asked",
    "Checking Pin for SIP call": "pin-typed",
    "Rejecting call": "wrong-pin",
    "Joining room": "joining",
    "SIP participant joined room": "joined",
    "published track": "joined",
    "Waiting for track subscription(s)": "waiting",
    "Accepting the call": "accepted",
    "ACK from remote": "accepted",
    "Cannot create LiveKit participant": "participant-failed",
    "Call accepted, but no ACK received": "no-ack",
    "Inbound SIP request not handled": "sip-info",
    "BYE from remote": "hangup",
    "triggering media timeout": "media-timeout",
    "error establishing signal connection": "livekit-away",
    "restart connection failed": "livekit-away",
    "resume connection failed": "livekit-away",
}
_ENDS = sorted([*_MESSAGES, "Closing inbound call", "Closing inbound call with error", "SIP call ended"], key=len)[::-1]
_TRUNKS = "Multiple SIP Trunks matched"
_DEFAULTS = "Multiple default SIP Trunks matched"


class UnreadableCallError(ValueError):
    """The lines say of the call what no telephone sends; nothing of it is quoted, for it may hold numbers."""


@dataclass(frozen=True)
class _Line:
    call_id: str
    code: str
    fields: dict[str, str]
    no_pin: bool
    pin: bool
    unreadable: bool

    @property
    def of_a_call(self) -> bool:
        return bool(self.fields.get("toUser") or self.fields.get("fromUser") or self.unreadable)


def read(text: str) -> Question | None:
    """The call that the lines speak of, the last one of several; None where nothing of livekit-sip is found.

    Raises UnreadableCallError.
    """
    lines = list(_lines(text[:LONGEST]))
    ids = list(dict.fromkeys(line.call_id for line in lines if line.of_a_call))
    if not ids:
        return None
    of_call = [line for line in lines if line.call_id == _last(ids, lines)]
    if any(line.unreadable for line in of_call):
        raise UnreadableCallError
    fields: dict[str, str] = {}
    for line in of_call:
        fields = {**line.fields, **{name: value for name, value in fields.items() if value}}
    source = fields.get("fromIP", "")
    return Question(
        to_user=fields.get("toUser", ""),
        from_user=fields.get("fromUser", ""),
        source_ip=source if parse_address(source) else "",
        from_host=fields.get("fromHost", ""),
        typed=(Typed.HASH if any(line.no_pin for line in of_call) else Typed.NOTHING).value,
        lines=_codes(of_call),
        calls=len(ids),
        pin_dropped=any(line.pin for line in lines),
    )


def _last(ids: list[str], lines: list[_Line]) -> str:
    """The last call whose beginning is there, else the last one: what is pasted may end in the middle of another."""
    begun = [line.call_id for line in lines if line.code == "invite"]
    return begun[-1] if begun else ids[-1]


def _codes(lines: list[_Line]) -> tuple[str, ...]:
    codes = dict.fromkeys(line.code for line in lines if line.code)
    if "only-hash" in codes:
        codes.pop("wrong-pin", None)  # how the bridge closes both
    return tuple(codes)


def _lines(text: str) -> Iterator[_Line]:
    for before, found in _objects(text):
        inner = found.get("log") or found.get("message")
        if isinstance(inner, str) and "{" in inner:  # a collector's envelope around the line
            yield from _lines(inner)
        else:
            yield _line(before, found)


def _objects(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON object, with what stands before it on its line; one that was cut off gives the pairs it has."""
    decoder, position = json.JSONDecoder(object_pairs_hook=_pick), 0
    while (start := text.find("{", position)) >= 0:
        before = text[text.rfind("\n", 0, start) + 1 : start]
        try:
            found, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = text.find("\n", start)
            position = len(text) if end < 0 else end
            found = _cut_off(text[start:position])
        if isinstance(found, dict):
            yield before, found


def _cut_off(text: str) -> dict[str, Any]:
    pairs = []
    for name, value in _PAIR.findall(text):
        try:
            pairs.append((name, json.loads(value)))
        except ValueError:
            continue
    return _pick(pairs)


def _pick(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Of repeated keys the last that says something; a PIN only as the fact that there was one."""
    picked: dict[str, Any] = {}
    for name, value in pairs:
        if name == "pin":
            picked["pin"] = bool(value)
        elif name in _READ and (value or name not in picked):
            picked[name] = value
    return picked


def _line(before: str, found: dict[str, Any]) -> _Line:
    said = {name: found.get(name) or "" for name in ("fromUser", "fromHost", "fromIP", "toUser")}
    texts = {name: value[:200] for name, value in said.items() if _readable(value)}
    code = _code(str(found.get("msg") or _console_message(before)), found)
    no_pin = found.get("noPin") is True
    unreadable = len(texts) < len(said)
    return _Line(str(found.get("callID", "")), code, texts, no_pin, found.get("pin") is True, unreadable)


def _readable(value: Any) -> bool:
    """A text as the form takes it: no marks that turn the others round on the page, no half of a surrogate pair."""
    return isinstance(value, str) and value.isprintable()


def _console_message(before: str) -> str:
    said = before.strip()
    return next((message for message in _ENDS if said.endswith(message)), "")


def _code(message: str, found: dict[str, Any]) -> str:
    error = str(found.get("error", ""))
    if _TRUNKS in error or _DEFAULTS in error:
        return "several-trunks" if _TRUNKS in error else "several-default-trunks"
    if message in _MESSAGES:
        return "only-hash" if message == "Rejecting call" and found.get("noPin") is True else _MESSAGES[message]
    reason = str(found.get("reason", ""))
    return reason if reason in _REASONS else ""
