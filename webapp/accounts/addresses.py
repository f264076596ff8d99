"""E-mail addresses as people type and paste them; nothing is looked up, on the network or among people."""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

PIECE = re.compile(r'(?:"[^"\n]*"|[^",;\n])+')  # what commas, semicolons and lines part, but not inside quotes
NAMED = re.compile(r"<([^<>]*)>\s*\Z")  # Some Name <name@example.org>


@dataclass(frozen=True)
class Pasted:
    """The addresses of a text, each once, in their order; and the lines that hold something else, by number from 1."""

    addresses: list[str]
    wrong_lines: dict[int, str]


def whole(text: str) -> str:
    """The address in the form in which it is stored. Raises ValueError when it is none, with nothing of it."""
    try:
        address = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("no whole address") from None
    return address.normalized.lower()


def pasted(text: str) -> Pasted:
    """Read addresses that lines, commas or semicolons part, also with the names that mail programs put before them."""
    addresses, wrong = dict[str, None](), dict[int, str]()
    for number, line in enumerate(text.splitlines(), 1):
        for piece in filter(str.strip, PIECE.findall(line)):
            named = NAMED.search(piece)
            try:
                addresses[whole((named[1] if named else piece).strip())] = None
            except ValueError:
                wrong[number] = line.strip()
    return Pasted(list(addresses), wrong)
