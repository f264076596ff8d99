"""Which SIP header names and values LiveKit accepts on a trunk, and which it stores while it warns."""

from collections.abc import Iterable, Mapping

from webapp.matching.errors import MatchingError
from webapp.matching.header_addresses import TOKEN, address_fault, char_fault

_VALUE = frozenset(map(chr, range(0x20, 0x7F))) | {"\t"}
_RESERVED = frozenset(
    {"accept", "accept-encoding", "accept-language", "allow", "allow-events", "call-id", "contact", "content-encoding"}
    | {"content-length", "content-type", "cseq", "event", "expires", "from", "max-forwards", "record-route", "refer-to"}
    | {"reply-to", *"klmortuv"}
)
_ADDRESSES = frozenset({"to", "route", "p-asserted-identity", "referred-by"})
_LONGEST_NAME = 255
_LONGEST_VALUE = 1024


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise MatchingError for a header that LiveKit refuses to send: its name, then its value."""
    for name, value in headers.items():
        _check_name(name, reserved=_RESERVED)
        fault = _value_fault(value)
        if fault:
            raise _refusal(f"invalid header value for {name}: header {name}: {fault}")


def check_header_names(names: Iterable[str]) -> None:
    """Raise MatchingError for a header name to be read or mapped; reserved names are fine here."""
    for name in names:
        _check_name(name, reserved=frozenset())


def header_warnings(headers: Mapping[str, str]) -> list[str]:
    """What LiveKit stores and only complains about in its log: address headers that hold no address."""
    faults = [(name, address_fault(value)) for name, value in headers.items() if name.lower() in _ADDRESSES]
    return [f"header {name}: value: {fault}" for name, fault in faults if fault]


def _check_name(name: str, reserved: frozenset[str]) -> None:
    fault = _name_fault(name, reserved)
    if fault:
        raise _refusal(f"invalid header name: {fault}")


def _name_fault(name: str, reserved: frozenset[str]) -> str:
    if not name:
        return "header name cannot be empty"
    if len(name.encode()) > _LONGEST_NAME:
        return "header name too long (max 255 characters)"
    for char in name:
        if char not in TOKEN:
            return f"header name {name} contains invalid characters: {char_fault(char)}"
    return f"header name {name} not supported" if name.lower() in reserved else ""


def _value_fault(value: str) -> str:
    if len(value.encode()) > _LONGEST_VALUE:
        return "value too long (max 1024 characters)"
    for char in value:
        if char.isascii() and char not in _VALUE:
            return f"value: {char_fault(char)}"
    return ""


def _refusal(text: str) -> MatchingError:
    return MatchingError("other", "invalid_argument", text)
