"""Lines of logs and SIP messages, as people paste them: which were understood, the call in them, and what they prove.

JSON on one line or on many, console form, key=value, a webhook's attributes, what a collector put around them, cut off,
keys repeated, several calls. A typed PIN is dropped while the text is read, passwords' hashes are not looked at, and
nothing of the text itself is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from webapp.matching import parse_address
from webapp.tracer import log_codes, log_entries, log_fields, sip_messages
from webapp.tracer.log_entries import LogEntry
from webapp.tracer.question import PastedPart, Question, TypedChoice

LONGEST = 100_000  # characters
DEEPEST = 3  # envelopes in envelopes
SHOWN = 80  # readings; the rest is counted
_PROVES = ("trunk", "rule", "room")
_CLOSING = ("closed", "outbound-closed")
_STATES = {"ringing": "waiting", "active": "joined", "automation": "pin-asked", "hangup": "closed"}


class UnreadableCallError(ValueError):
    """The lines say of the call what no telephone sends; nothing of it is quoted, for it may hold numbers."""


@dataclass(frozen=True)
class _Line:
    """One entry as it was read; without codes it was not understood."""

    first: int
    last: int
    codes: tuple[str, ...] = ()
    call_id: str = ""
    sip_call: str = ""
    outbound: bool = False
    pin: bool = False
    no_pin: bool = False
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def unreadable(self) -> bool:
        return any(not value.isprintable() for name, value in self.fields.items() if name in log_fields.PHONE)

    @property
    def of_a_call(self) -> bool:
        return bool(self.fields.get("toUser") or self.fields.get("fromUser")) or self.unreadable


def read(text: str) -> Question | None:
    """What the lines say, and the call they speak of, the last one of several; None where nothing was understood.

    Raises UnreadableCallError.
    """
    lines = _joined(_lines(text[:LONGEST]))
    if not any(line.codes for line in lines):
        return None
    ids = list(dict.fromkeys(line.call_id for line in lines if line.of_a_call))
    chosen = _last(ids, lines) if ids else ""
    of_call = [line for line in lines if line.call_id == chosen or not line.call_id]
    if any(line.unreadable for line in of_call):
        raise UnreadableCallError
    outbound = any(line.outbound for line in of_call if line.call_id == chosen or not ids)
    facts = _facts(line for line in of_call if line.outbound == outbound)
    source = facts.get("fromIP", "")
    return Question(
        to_user=facts.get("toUser", ""),
        from_user=facts.get("fromUser", ""),
        source_ip=source if parse_address(source) else "",
        from_host=facts.get("fromHost", ""),
        typed=(TypedChoice.HASH if any(line.no_pin for line in of_call) else TypedChoice.NOTHING).value,
        lines=_codes(of_call),
        calls=len(ids),
        pin_dropped=any(line.pin for line in lines),
        outbound=outbound,
        trunk_id=facts.get("trunk", ""),
        rule_id=facts.get("rule", ""),
        room=facts.get("room", ""),
        **_readings(lines, chosen if len(ids) > 1 else None),
    )


def _last(ids: list[str], lines: list[_Line]) -> str:
    """The last call whose beginning is there, else the last one: what is pasted may end in the middle of another."""
    begun = [line.call_id for line in lines if "invite" in line.codes or "outbound-begun" in line.codes]
    return begun[-1] if begun else ids[-1]


def _joined(lines: Iterable[_Line]) -> list[_Line]:
    """A SIP message goes by the Call-ID of its provider: it belongs to the call whose lines name that one too."""
    lines = list(lines)
    known = {line.sip_call: line.call_id for line in lines if line.sip_call and line.call_id}
    return [replace(line, call_id=line.call_id or known.get(line.sip_call, line.sip_call)) for line in lines]


def _facts(lines: Iterable[_Line]) -> dict[str, str]:
    """The first that is said of each; a room only by lines of a call, where it is the one that the caller entered."""
    facts: dict[str, str] = {}
    for line in lines:
        facts = {**line.fields, **{name: value for name, value in facts.items() if value}}
    return {name: value[:200] for name, value in facts.items()}


def _codes(lines: Iterable[_Line]) -> tuple[str, ...]:
    codes = dict.fromkeys(code for line in lines for code in line.codes)
    if "only-hash" in codes:
        codes.pop("wrong-pin", None)  # how the bridge closes both
    return tuple(codes)


def _readings(lines: list[_Line], chosen: str | None) -> dict[str, Any]:
    """For each line whether it was understood; neighbours that say the same make one part."""
    parts: list[PastedPart] = []
    for line in lines:
        other = chosen is not None and line.call_id not in ("", chosen)
        codes = ("other-call",) if other and line.codes else line.codes
        if parts and parts[-1].codes == codes and line.first <= parts[-1].last + 2:
            parts[-1] = PastedPart(parts[-1].first, max(line.last, parts[-1].last), codes)
        else:
            parts.append(PastedPart(line.first, line.last, codes))
    return {"readings": tuple(parts[:SHOWN]), "more": max(0, len(parts) - SHOWN)}


def _lines(text: str, depth: int = 0) -> Iterator[_Line]:
    for entry in log_entries.entries(text):
        if entry.sip:
            yield _sip(entry)
            continue
        values = log_fields.fields(entry.text)
        inner = values.get("log") or (values.get("message", "") if "msg" not in values else "")
        if inner and depth < DEEPEST and any(sign in inner for sign in "{="):
            yield from (replace(line, first=entry.first, last=entry.last) for line in _lines(inner, depth + 1))
        else:
            yield _line(entry, values)


def _sip(entry: LogEntry) -> _Line:
    message = sip_messages.read(entry.text)
    codes = _sip_codes(message)
    if not codes:
        return _Line(entry.first, entry.last)
    numbers = {"fromUser": message.from_user, "fromHost": message.from_host, "toUser": message.to_user}
    asks = message.method in ("", "INVITE") and not message.status
    called = {**numbers, "fromIP": message.received or entry.source or message.sent_by} if asks else {}
    return _Line(entry.first, entry.last, codes, "", message.call_id, message.ours, fields=called)


def _sip_codes(message: sip_messages.SipMessage) -> tuple[str, ...]:
    if message.status:
        return (*(log_codes.of_texts(message.phrase) or log_codes.of_status(message.status, [])),)
    if message.method == "INVITE" or (not message.method and (message.from_user or message.to_user)):
        asked, called = message.request_user, message.to_user
        if message.ours:
            return ("outbound-begun",)
        return ("invite", "two-called") if asked and called and asked != called else ("invite",)
    return (f"sip-{message.method.lower()}",) if message.method in ("BYE", "CANCEL", "ACK", "REGISTER") else ()


def _line(entry: LogEntry, values: dict[str, str]) -> _Line:
    text, known = entry.text, {name: value for name, value in values.items() if name in (*log_fields.PHONE, *_PROVES)}
    message = values.get("msg") or values.get("message") or log_codes.message_before(text.partition("{")[0])
    words = f"{message}\n{values.get('error', '')}\n{values.get('reason', '')}"
    line = _Line(entry.first, entry.last, (), values.get("call", ""), values.get("sip_call", ""))
    line = replace(line, pin=bool(values.get("pin")), no_pin=values.get("noPin", "").lower() == "true")
    if outbound := _outbound(message, values):
        return replace(line, codes=_of_outbound(outbound, words, values), outbound=True, fields=known)
    if codes := _of_others(message, words, values):
        return replace(line, codes=codes)
    codes = tuple(dict.fromkeys(_inbound(message, words, values)))
    if not codes and not values.get("call") and not (known.get("fromUser") or known.get("toUser")):
        plain = log_codes.of_outbound(text), *log_codes.of_plain(text)
        return replace(line, codes=tuple(dict.fromkeys(filter(None, plain))), outbound=bool(plain[0]))
    return replace(line, codes=codes or ("other",), fields=known)


def _outbound(message: str, values: dict[str, str]) -> str:
    """What a line says of an outgoing call: by its direction, its message, or the file that wrote it."""
    code = log_codes.of_outbound(message)
    mine = values.get("direction") == "outbound" or "outbound.go" in values.get("caller", "")
    return code or ("outbound" if mine or values.get("state") == "dialing" else "")


def _of_outbound(code: str, words: str, values: dict[str, str]) -> tuple[str, ...]:
    if code == "outbound-asked":  # its status is that of a request to LiveKit, not one of SIP
        return (code,)
    status = values.get("status", "") or log_codes.status_in(words)
    return (code, *log_codes.of_status(status if status.isdecimal() else log_codes.status_in(words), []))


def _of_others(message: str, words: str, values: dict[str, str]) -> tuple[str, ...]:
    """Lines of LiveKit's server, of the egress worker, and of hooks without a caller."""
    logger = values.get("logger", "")
    if logger.startswith("egress") or values.get("egress") or values.get("event", "").startswith("egress_"):
        return ("egress",)
    if logger.startswith("livekit") or message.startswith("API "):
        return (*log_codes.of_texts(words),) or ("server",)
    if values.get("event") and not values.get("call"):
        return ("webhook",)
    return ()


def _inbound(message: str, words: str, values: dict[str, str]) -> Iterator[str]:
    texts = log_codes.of_texts(words)
    yield from texts
    code = log_codes.of_message(message)
    reason = log_codes.REASONS.get(values.get("reason", ""), "")
    if code == "wrong-pin" and values.get("noPin", "").lower() == "true":
        code = "only-hash"
    if code in _CLOSING and (reason or texts):
        code = ""
    if code and not (texts and code in ("auth-error", "dispatch-error")):
        yield code
    if reason:
        yield reason
        if reason == "flood" and values.get("status"):
            yield "flood-status"
    if state := _STATES.get(values.get("state", "")):
        yield state
