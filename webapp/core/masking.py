"""Names that others gave, as support may see them: they may hold callers' numbers, and people's addresses."""

import re

_UUID = r"(?P<uuid>\b(?=[\d-]{0,35}[a-f])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b)"
_LOCAL = r'(?:"[^"@]*"|(?<![^\s@<>",;])[^\s@<>",;]+)'  # RFC 5322 lets people quote it
_ADDRESS = rf'(?P<address>{_LOCAL}@[^\s@<>",;]+)'
_NUMBER = r"\+?\d(?:[\W_]{0,3}\d){3,}"  # whatever people set between the digits
_PERSONAL = re.compile(f"{_UUID}|{_ADDRESS}|{_NUMBER}")


def impersonal(name: str) -> str:
    """The name as support may see it; a room's UUID stays.

    Every run of digits that may be a number or a PIN is cut to its last two, an e-mail or SIP address to its sign.
    """
    return _PERSONAL.sub(_cut, name)


def _cut(found: re.Match[str]) -> str:
    if found["address"]:
        return "••@••"
    return found[0] if found["uuid"] else f"••{found[0][-2:]}"
