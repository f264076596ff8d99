"""Numbers that a person reads as the same, and LiveKit does not."""

import re
from collections.abc import Iterable

from webapp.matching import normalise

SHORTEST = 6  # fewer common digits at the end are chance
COUNTRY_CODE = 3  # digits, at most
_NO_DIGIT = re.compile(r"[^0-9]")
_RANGE = re.compile(r"\+?([0-9]{2,20})\s{0,3}(?:-|–|—|\.{2,3}|to|:)\s{0,3}\+?([0-9]{2,20})")
_HEAD = re.compile(r"\^?\\?\+?([0-9]*)")
_SIGNS = re.compile(r"[*?xX%\[\]$\\_#]|\.")  # what people write for “any digits”
_TAIL = re.compile(r"(?<=[*?xX%.#])[0-9]{1,20}$")


def same_digits(listed: str, number: str) -> bool:
    """Only the writing differs: plus, zeros in front, blanks, dashes, brackets."""
    return bool(_digits(number)) and _digits(listed) == _digits(number)


def same_end(listed: str, number: str) -> bool:
    """One is the other without its country code or trunk prefix."""
    short, long = sorted((_digits(listed), _digits(number)), key=len)
    return len(short) >= SHORTEST and long.endswith(short)


def written_otherwise(listed: Iterable[str], number: str) -> str:
    """The first listed number that means the same and is another text, nearest first; empty when there is none."""
    same = [each for each in listed if each != number and same_digits(each, number)]
    return min(same, key=lambda each: normalise(each) != normalise(number), default="")


def meant(listed: Iterable[str], number: str) -> str:
    """The first listed number that probably means the same, nearest first; empty when there is none."""
    known = list(listed)
    return written_otherwise(known, number) or next((each for each in known if same_end(each, number)), "")


def pattern(listed: Iterable[str], number: str) -> str:
    """The first listed text that somebody meant as a pattern or a range and that would cover the number.

    LiveKit knows neither: a star is a character to it, and 2000-2099 the number 20002099.
    """
    return next((each for each in listed if each != number and covers(each, number)), "")


def covers(listed: str, number: str) -> bool:
    """Read as a pattern or as a range, the text stands for the number."""
    digits = _digits(number)
    if not digits:
        return False
    if match := _RANGE.fullmatch(listed.strip()):
        low, high = match[1].lstrip("0"), match[2].lstrip("0")
        high = low[: max(0, len(low) - len(high))] + high
        return len(low) == len(high) == len(digits) and low <= digits <= high
    begun = _HEAD.match(listed)
    head, rest = (begun[1], listed[begun.end() :]) if begun else ("", listed)
    tail = _TAIL.search(rest)
    return (
        bool(_SIGNS.search(rest)) and digits.startswith(head.lstrip("0")) and digits.endswith(tail[0] if tail else "")
    )


def same_caller(listed: Iterable[str], caller: str) -> str:
    """The first listed number that differs from the caller's in its writing or by a country code; empty for none.

    By no more than that: the end of a number must not tell which callers are listed.
    """
    known = list(listed)
    return written_otherwise(known, caller) or next((each for each in known if _same_but_country(each, caller)), "")


def as_dialled(listed: str) -> str:
    """A listed number as a call would have it: LiveKit looks through blanks, dashes and brackets, nobody dials them."""
    return normalise(listed) if listed.startswith("+") else normalise(listed).removeprefix("+")


def comparable(number: str) -> bool:
    """LiveKit compares it in any writing: nothing but digits, blanks, dashes, brackets and one plus in front."""
    return not number or normalise(number) != number or bool(re.fullmatch(r"\+[0-9]*", number))


def _same_but_country(listed: str, number: str) -> bool:
    return same_end(listed, number) and abs(len(_digits(listed)) - len(_digits(number))) <= COUNTRY_CODE


def _digits(number: str) -> str:
    return _NO_DIGIT.sub("", number).lstrip("0")
