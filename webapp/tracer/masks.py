"""Numbers that somebody masked before they were pasted: nothing can be compared with them."""

import re

_MASKED = re.compile(
    r"\*\*|[•●█▪…]|\.\.|#{2}|_{2}"
    r"|[0-9+]\*[0-9]"  # 06*12, but neither *600 nor *31#
    r"|[0-9][xX]{2}|(?<![A-Za-z])[xX]{2,40}[0-9]|^[xX]{3,40}$"
    r"|[\[<{(][A-Za-z][A-Za-z_ -]{0,40}[\]>})]"  # [PHONE], <redacted>
    r"|redacted|masked|hidden|removed|anonymi[sz]ed",
    re.IGNORECASE,
)


def is_masked(number: str) -> bool:
    """A star code such as *31# is none, nor is “anonymous”, which providers send."""
    return not re.match(r"[*#]{1,2}[0-9]", number) and bool(_MASKED.search(number[:200]))
