"""What LiveKit finds wrong with an address in a SIP header, which it stores nevertheless and only complains about."""

import re
import string

TOKEN = frozenset(string.ascii_letters + string.digits + "-.!%*_+`'~")
_UNQUOTED_NAME = TOKEN | {" ", "\t"}
_BRACKETS = {"<": "opening", ">": "closing"}
_SCHEMES = frozenset({"sip", "sips", "tel"})
# A string literal of Go, whose escapes are not those of SIP.
_QUOTED_NAME = re.compile(
    r'"(?:[^"\\]|\\[abfnrtv\\"]|\\[0-3][0-7]{2}|\\x[0-9a-fA-F]{2}|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r'|\\U(?!0000[dD][89a-fA-F])00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})*"'
)


def address_fault(value: str) -> str:
    """What is wrong with a header value that should be an address with or without a name, or an empty text."""
    if not value:
        return ""
    fault = _bracket_fault(value)
    if fault:
        return fault
    if "<" not in value:
        return "bare URI with special characters" if set(value) & set(",? ") else _uri_fault(value)
    name, _, rest = value.partition("<")
    return _name_fault(name.strip()) or _uri_fault(rest.partition(">")[0])


def char_fault(char: str) -> str:
    """LiveKit's words, misspelt as they are, for a character that may not stand where it stands."""
    hint = "not allowed" if char.isascii() else "out of range, consider explicilty adding utf8 characters"
    return f"char {ord(char)} {hint}"


def _bracket_fault(value: str) -> str:
    brackets = [char for char in value if char in _BRACKETS]
    for place, bracket in enumerate(brackets):
        if bracket in brackets[:place]:
            return f"multiple {_BRACKETS[bracket]} brackets"
    if len(brackets) == 1:
        return "mismatched angle brackets"
    return "malformed angle brackets" if brackets == [">", "<"] else ""


def _name_fault(name: str) -> str:
    if name.startswith('"') and name.endswith('"'):
        return "" if _QUOTED_NAME.fullmatch(name) else "display name: invalid syntax"
    return next((f"display name: {char_fault(char)}" for char in name if char not in _UNQUOTED_NAME), "")


def _uri_fault(uri: str) -> str:
    if uri.partition(":")[0] not in _SCHEMES:
        return "uri: scheme not one of sip, sips, or tel"
    return "uri: contains spaces" if " " in uri else ""
