"""Names and words of others, as support may see them: they may hold callers' numbers, and people's addresses."""

import re
from pathlib import PurePosixPath

_UUID = r"(?P<uuid>\b(?=[\d-]{0,35}[a-f])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b)"
_LOCAL = r'(?:"[^"@]*"|(?<![^\s@<>",;])[^\s@<>",;]+)'  # RFC 5322 lets people quote it
_ADDRESS = rf'(?P<address>{_LOCAL}@[^\s@<>",;]+)'
_NUMBER = r"\+?\d(?:[\W_]{0,3}\d){3,}"  # whatever people set between the digits
_PERSONAL = re.compile(f"{_UUID}|{_ADDRESS}|{_NUMBER}")

QUOTED = 300  # signs of a program's words
_URL = re.compile(r"\b[a-z][a-z\d+.-]{1,15}://[^\s\"'<>,;)]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?:(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])"
    r"|\[[\da-fA-F:.]{2,45}\](?::\d{1,5})?"
    r"|(?<![\w./-])(?:[a-zA-Z\d](?:[\w-]{0,62})\.){1,8}[a-zA-Z]{2,24}(?::\d{1,5})(?![\w.])"
    r"|(?<![\w./-])(?:[a-zA-Z\d](?:[\w-]{0,62})\.){2,8}[a-zA-Z]{2,24}(?![\w.]))"
)
_KEY = re.compile(r"(?<![\w+/=-])(?=[\w+/=-]{0,80}\d)(?=[\w+/=-]{0,80}[A-Za-z])[A-Za-z\d+/=_-]{16,}(?![\w+/=-])")
_NAMED_KEY = re.compile(
    r"\b((?:access|secret|api|session)?[_ -]?(?:key|token|secret|password|signature)(?:[_ -]?id)?)"
    r"\s*[:=]\s*\"?[^\s\",;]+",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w.:/])/[^\s\"'<>,;:]+")
_PERSONS = frozenset({"home", "users", "root"})  # what lies below is named after somebody
_KEPT = "\x00"  # stands for a path of ours while the rest is cut


def impersonal(name: str) -> str:
    """The name as support may see it; a room's UUID stays.

    Every run of digits that may be a number or a PIN is cut to its last two, an e-mail or SIP address to its sign.
    """
    return _PERSONAL.sub(_cut, name)


def _cut(found: re.Match[str]) -> str:
    if found["address"]:
        return "••@••"
    return found[0] if found["uuid"] else f"••{found[0][-2:]}"


def quoted(said: str, ours: str) -> str:
    """What another program said, as staff may read it: addresses, keys, and what lies below others' folders are cut.

    `ours` is the path that we gave it: it and the folders above it stay.
    """
    own = PurePosixPath(ours)
    kept: list[str] = []

    def path(found: re.Match[str]) -> str:
        there = PurePosixPath(found[0])
        if there == own or (there in own.parents and there != there.parent):
            kept.append(found[0])
            return _KEPT
        return _shortened(there)

    text = " ".join(said[: 10 * QUOTED].replace(_KEPT, " ").split())
    text = _NAMED_KEY.sub(r"\1=…", _URL.sub("…", text))
    text = _KEY.sub("…", _HOST.sub("…", _PATH.sub(path, text)))
    pieces = [impersonal(piece) for piece in text.split(_KEPT)]
    whole = "".join(piece + there for piece, there in zip(pieces, [*kept, ""], strict=True))
    return whole if len(whole) <= QUOTED else whole[: QUOTED - 1] + "…"


def _shortened(path: PurePosixPath) -> str:
    parts = path.parts[1:]
    shown = 1 if parts and parts[0].lower() in _PERSONS else 2
    return "/" + "/".join((*parts[:shown], "…")) if len(parts) > shown else str(path)
