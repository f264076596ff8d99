"""What may be asked: the words stand in an address, so they are no number, no PIN and nobody's e-mail address."""

import enum
import re
import unicodedata

from webapp.core.numbers import LIKE
from webapp.core.searching import is_number

SHORTEST = 2
LONGEST = 200
# Read by Python and, as the `pattern` of the boxes, by browsers with the flag v. Digits alone, though no date.
_ALONE = r"(?!\d{4}-\d\d-\d\d$)\+?(?:[\s\(\)\.\/\-]*\d){5,}[\s\(\)\.\/\-]*"
_AMONG = r"(?<![\w\-])\d{5,}(?![\w\-])"
PATTERN = rf"(?!{_ALONE}$)(?!.*(?:{_AMONG}|{LIKE}|@)).*"
_ASKED = re.compile(PATTERN)


class SearchRefusal(enum.Enum):
    """Why words are not searched for."""

    NUMBER = "number"
    ADDRESS = "address"
    SHORT = "short"


def tidy(typed: str) -> str:
    """The words without what is around and between them too often, and no more of them than a name may have."""
    return " ".join(unicodedata.normalize("NFKC", typed).split())[:LONGEST]


def refusal(words: str) -> SearchRefusal | None:
    """Why the words are not searched for; None where they are. No words are not refused: they ask for everything."""
    if "@" in words:
        return SearchRefusal.ADDRESS
    if _ASKED.fullmatch(words) is None or is_number(words):
        return SearchRefusal.NUMBER
    return SearchRefusal.SHORT if words and len(words.strip("/ ")) < SHORTEST else None
