"""Lists as CSV files that spreadsheets open without running anything."""

import csv
import io
from collections.abc import Iterable

from flask import Response, stream_with_context

FORMULA = {"=", "+", "-", "@", "\t", "\r"}


def line(cells: Iterable[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV injection)."""
    text = io.StringIO()
    csv.writer(text).writerow([f"'{cell}" if cell[:1] in FORMULA else cell for cell in cells])
    return text.getvalue()


def download(rows: Iterable[Iterable[str]], name: str) -> Response:
    """A file that is written while it is sent, however many lines it has."""
    response = Response(stream_with_context(line(row) for row in rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
