"""What a spreadsheet makes of a file."""

import csv
import io

from werkzeug.test import TestResponse


def rows(answer: TestResponse, separator: str = ",") -> list[list[str]]:
    """The cells of every line, the head first."""
    text = answer.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def entries(answer: TestResponse) -> list[dict[str, str]]:
    """Each line below the head, by the names of its columns."""
    head, *lines = rows(answer)
    return [dict(zip(head, line, strict=True)) for line in lines]


def cells(line: str) -> list[str]:
    """The cells of one line."""
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    return row
