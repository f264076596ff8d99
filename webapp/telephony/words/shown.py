"""Names that others gave, as support may see them: they may hold callers' numbers."""

import re

_NUMBER = re.compile(r"\+?\d[\d\s().-]{2,}\d")


def without_numbers(name: str) -> str:
    """The name with every run of digits that may be a number or a PIN cut to its last two."""
    return _NUMBER.sub(lambda found: f"••{found[0][-2:]}" if len(found[0]) >= 4 else found[0], name)
