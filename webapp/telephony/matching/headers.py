"""Which SIP header names and values LiveKit accepts on a trunk, and which it stores while it warns."""

import string
from collections.abc import Iterable, Mapping

from webapp.telephony.matching.errors import MatchingError

_NAME = frozenset(string.ascii_letters + string.digits + "-.!%*_+`'~")
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
    faults = [(name, _address_fault(value)) for name, value in headers.items() if name.lower() in _ADDRESSES]
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
        if char not in _NAME:
            return f"header name {name} contains invalid characters: {_char_fault(char)}"
    return f"header name {name} not supported" if name.lower() in reserved else ""


def _char_fault(char: str) -> str:
    # The misspelt word is LiveKit's: its texts are compared as they are.
    hint = "not allowed" if char.isascii() else "out of range, consider explicilty adding utf8 characters"
    return f"char {ord(char)} {hint}"


def _value_fault(value: str) -> str:
    if len(value.encode()) > _LONGEST_VALUE:
        return "value too long (max 1024 characters)"
    for char in value:
        if char.isascii() and char not in _VALUE:
            return f"value: {_char_fault(char)}"
    return ""


def _address_fault(value: str) -> str:
    if not value:
        return ""
    uri = value
    if "<" in value:
        uri = value.partition("<")[2].partition(">")[0]
    elif set(value) & set(";,? "):
        return "bare URI with special characters"
    return "" if uri.partition(":")[0] in {"sip", "sips", "tel"} else "uri: scheme not one of sip, sips, or tel"


def _refusal(text: str) -> MatchingError:
    return MatchingError("other", "invalid_argument", text)
