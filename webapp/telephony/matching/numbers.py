"""Phone numbers as LiveKit compares them, and texts as Go quotes them."""

import re
from functools import lru_cache

_DIALLABLE = re.compile(r"\+?[0-9\- ()]+")
_PUNCTUATION = str.maketrans("", "", "- ()")
_GO_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


@lru_cache(maxsize=65536)
def normalise(number: str) -> str:
    """Write a number the way LiveKit compares it: punctuation removed and one plus in front.

    Anything but digits, dashes, blanks and parentheses makes the text incomparable: it stays as it is.
    """
    if not _DIALLABLE.fullmatch(number):
        return number
    bare = number.translate(_PUNCTUATION)
    return bare if bare.startswith("+") else f"+{bare}"


def quoted(text: str) -> str:
    """Quote a text like Go's %q, as LiveKit's messages do."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
