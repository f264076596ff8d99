"""JSON of others, read as the standard writes it (RFC 8259) and no deeper than anybody needs."""

import json

DEEPEST = 64


def parse(text: bytes | str) -> object:
    """The value. Raises ValueError for what is no JSON, for halves of letters, and for what would exhaust a stack."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deep") from None
    _look_through(value)
    return value


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _look_through(value: object) -> None:
    """Raise ValueError for what is nested too deep, and for text that no database and no answer can hold."""
    level = [value]
    for _ in range(DEEPEST):
        texts = [each for each in level if isinstance(each, str)]
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                texts += each
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        "".join(texts).encode()  # half of a surrogate pair raises UnicodeEncodeError, a ValueError
        if not inner:
            return
        level = inner
    raise ValueError("too deep")
