"""Phone numbers as LiveKit compares them."""

import re
from functools import lru_cache

_DIALLABLE = re.compile(r"\+?[0-9\- ()]+")
_PUNCTUATION = str.maketrans("", "", "- ()")


@lru_cache(maxsize=65536)
def normalise(number: str) -> str:
    """Write a number the way LiveKit compares it: punctuation removed and one plus in front.

    Anything but digits, dashes, blanks and parentheses makes the text incomparable: it stays as it is.
    """
    if not _DIALLABLE.fullmatch(number):
        return number
    bare = number.translate(_PUNCTUATION)
    return bare if bare.startswith("+") else f"+{bare}"
