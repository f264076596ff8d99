"""What looks like somebody's number in a text that is kept, or that stands where others read it."""

import re
import unicodedata

# Read by Python and, in the `pattern` of search boxes, by browsers with the flag v, which wants these escapes.
_BETWEEN = r"[ \(\)\.\/\-]*"
# Nine digits and more that no letter and no part of a UUID leads in, set as people set them; or fewer after a plus.
LIKE = rf"(?<![A-Za-z\d_])(?<![\dA-Fa-f]{{4}}-)(?:\+\d(?:{_BETWEEN}\d){{5,}}|\d(?:{_BETWEEN}\d){{8,}})"
_LIKE = re.compile(LIKE)
_AS_DASH = {"Pd", "Zs"}  # dashes and blanks of all lengths
_JOINED = re.compile(r"(?<=\d)[_·•](?=\d)")


def is_like_number(text: str) -> bool:
    """A telephone number or a long PIN may stand in what somebody typed, whatever stands between the digits."""
    plain = "".join("-" if unicodedata.category(char) in _AS_DASH else char for char in text)
    return _LIKE.search(_JOINED.sub("-", plain)) is not None
