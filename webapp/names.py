"""Names that people type: made comparable, and refused when they would deceive a reader."""

import unicodedata

from flask_babel import gettext as _

DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they turn the text around them
REFUSED = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line and paragraph separators


def normalised(text: str | None) -> str:
    """The text in Unicode's composed form (NFC), without blanks at its ends."""
    return unicodedata.normalize("NFC", text or "").strip()


def problem(name: str, longest: int) -> str | None:
    """What is wrong with a normalised name, in words; None when nothing is."""
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        return str(_("Type a name."))
    if len(name) > longest:
        return str(_("This name has %(length)d characters; %(longest)d fit.", length=len(name), longest=longest))
    if any(character in DIRECTION for character in name):
        return str(_("This name holds a hidden mark that turns text around. Type it again instead of pasting it."))
    if any(unicodedata.category(character) in REFUSED for character in name):
        return str(_("This name holds a line break or another control character. Type it on one line."))
    return None
