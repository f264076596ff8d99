"""What a reader gets to see of a page."""

import re
from html import unescape


def text_of(markup: str) -> str:
    """The words without tags, entities read, with one blank between them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())
