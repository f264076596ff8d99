"""Numbers in texts: what looks like one, and what one that was typed or pasted means."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

# Read by Python and, in the `pattern` of search boxes, by browsers with the flag v, which wants these escapes.
_BETWEEN = r"[ \(\)\.\/\-]*"
# Nine digits and more that no letter and no part of a UUID leads in, set as people set them; or fewer after a plus.
LIKE = rf"(?<![A-Za-z\d_])(?<![\dA-Fa-f]{{4}}-)(?:\+\d(?:{_BETWEEN}\d){{5,}}|\d(?:{_BETWEEN}\d){{8,}})"
_LIKE = re.compile(LIKE)
_UNSEEN = {"Cf", "Cc"}
_AS_DASH = {"Pd", "Zs"}  # dashes and blanks of all lengths
_JOINED = re.compile(r"(?<=\d)[_·•](?=\d)")


def is_like_number(text: str) -> bool:
    """A telephone number or a long PIN may stand in what somebody typed, whatever stands between the digits."""
    plain = "".join("-" if unicodedata.category(char) in _AS_DASH else char for char in text)
    return _LIKE.search(_JOINED.sub("-", plain)) is not None


def plain(text: str) -> str:
    """A number as it was typed or pasted, with plain digits, hyphens and blanks, and without what is invisible."""
    ascii_like = unicodedata.normalize("NFKC", text.replace("\t", " ")).replace("\u2212", "-")
    kept = (letter for letter in ascii_like if unicodedata.category(letter) not in _UNSEEN)
    return "".join("-" if unicodedata.category(letter) == "Pd" else letter for letter in kept).strip()


@lru_cache(maxsize=1024)
def international(number: str) -> str:
    """A number with a plus as calls from abroad have it: E.164, without the 0 that is dialled inside a country alone.

    What no country has stays as it is, without what stands between its digits.
    """
    digits = re.sub(r"[^0-9]", "", number)
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    country = str(parsed.country_code)
    # a library that knows old prefixes takes away more than that, which providers do send
    return e164 if f"+{digits}" == f"+{country}0{e164[len(country) + 1 :]}" else f"+{digits}"
