"""Names and lines that people type: made comparable, and refused when they would deceive a reader."""

import unicodedata

from flask_babel import gettext as _

DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they turn the text around them
REFUSED = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line and paragraph separators


def normalised(text: str | None) -> str:
    """The text in Unicode's composed form (NFC), without blanks at its ends."""
    return unicodedata.normalize("NFC", text or "").strip()


def printable(text: str) -> str:
    """What others sent, without letters that nobody sees and that no database column takes."""
    return "".join(letter for letter in text if letter.isprintable())


def problem(name: str, longest: int) -> str | None:
    """What is wrong with a normalised name, in words; None when nothing is."""
    return line_problem(name, longest) if _readable(name) else str(_("Enter a name."))


def line_problem(text: str, longest: int) -> str | None:
    """What is wrong with a normalised line of text, such as a reason; None when nothing is."""
    if not _readable(text):
        return str(_("Enter visible characters. Type it instead of pasting it."))
    if len(text) > longest:
        return str(_("Enter at most %(longest)d characters; this has %(length)d.", length=len(text), longest=longest))
    if any(character in DIRECTION for character in text):
        return str(_("This contains a hidden mark that reverses text. Type it instead of pasting it."))
    if any(unicodedata.category(character) in REFUSED for character in text):
        return str(_("This contains a line break or another control character. Enter it on one line."))
    return None


def _readable(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)
