"""Texts as Go quotes them in LiveKit's messages."""

import re

# Go quotes by Unicode 15.0, Python by the edition that it was built with: what 15.0 added, and what came after it.
_NEW_IN_15 = (
    "\u0cf3\u0ece\U00010efd-\U00010eff\U0001123f-\U00011241\U00011b00-\U00011b09\U00011f00-\U00011f10\U00011f12-\U00011f3a"
    "\U00011f3e-\U00011f59\U0001342f\U00013440-\U00013455\U0001b132\U0001b155\U0001d2c0-\U0001d2d3\U0001df25-\U0001df2a"
    "\U0001e030-\U0001e06d\U0001e08f\U0001e4d0-\U0001e4f9\U0001f6dc\U0001f774-\U0001f776\U0001f77b-\U0001f77f\U0001f7d9"
    "\U0001fa75-\U0001fa77\U0001fa87\U0001fa88\U0001faad-\U0001faaf\U0001fabb-\U0001fabd\U0001fabf\U0001face\U0001facf"
    "\U0001fada\U0001fadb\U0001fae8\U0001faf7\U0001faf8\U0002b739\U00031350-\U000323af"
)
_NEWER_THAN_15 = "\u2ffc-\u2fff\u31ef\U0002ebf0-\U0002ee5d"
_PRINTED = re.compile(f"[{_NEW_IN_15}]")
_NOT_PRINTED = re.compile(f"[{_NEWER_THAN_15}]")
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


def quoted(text: str) -> str:
    """Quote a text like Go's %q, as LiveKit's messages do."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if _PRINTED.match(char) or (char.isprintable() and not _NOT_PRINTED.match(char)):
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
