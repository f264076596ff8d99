"""Lists as CSV files that spreadsheets open as they are meant, without running anything."""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterable, Iterator

from babel.numbers import get_decimal_symbol
from flask import Response, stream_with_context
from flask_babel import get_locale

MARK = "\ufeff"  # without it Excel reads the file in an encoding of its own
FORMULA = {"=", "+", "-", "@", "\t", "\r", "\n"}


def line(cells: Iterable[str], separator: str = ",") -> str:
    """One line, every cell in quotation marks: a name that holds another country's separator stays one cell."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerow(map(_defused, cells))
    return text.getvalue()


def _defused(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV injection).

    Full-width and small forms of the characters begin formulas in East Asian editions; blanks in front are skipped.
    """
    written = cell.lstrip(" \u00a0\u200b\u3000\ufeff")
    begins = unicodedata.normalize("NFKC", written[:1])
    return f"'{cell}" if begins in FORMULA else cell


def _separator() -> str:
    """What the reader's edition of Excel splits lines at: a semicolon where the comma stands in numbers."""
    return ";" if get_decimal_symbol(get_locale()) == "," else ","


def download(rows: Iterable[Iterable[str]], name: str) -> Response:
    """A file that is written while it is sent, however many lines it has."""
    response = Response(stream_with_context(_encoded(rows, _separator())), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def proven_download(rows: Iterable[Iterable[str]], about: Iterable[tuple[str, str]], name: str) -> Response:
    """A file that begins with what it was asked for, and ends with the SHA-256 of the table between its empty lines."""
    separator = _separator()
    response = Response(stream_with_context(_proven(rows, about, separator)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _proven(rows: Iterable[Iterable[str]], about: Iterable[tuple[str, str]], separator: str) -> Iterator[bytes]:
    yield from _encoded(about, separator)
    yield b"\r\n"
    digest = hashlib.sha256()
    for row in rows:
        encoded = line(row, separator).encode(errors="replace")
        digest.update(encoded)
        yield encoded
    yield b"\r\n" + line(("sha256", digest.hexdigest()), separator).encode()


def _encoded(rows: Iterable[Iterable[str]], separator: str) -> Iterator[bytes]:
    yield MARK.encode()
    for row in rows:
        yield line(row, separator).encode(errors="replace")
