"""What looks like somebody's number in a text that is kept for years."""

import re

# Nine digits and more that no letter leads in, with what people write between them; or fewer after a plus.
_NUMBER = re.compile(r"(?<![A-Za-z\d])(\+\d(?:[ ()./-]*\d){5,}|\d(?:[ ()./-]*\d){8,})")


def is_like_number(text: str) -> bool:
    """A telephone number or a long PIN may stand in what somebody typed."""
    return _NUMBER.search(text) is not None
