"""QR codes as SVG, drawn black on white. Source: ISO/IEC 18004, by segno."""

from io import BytesIO

import segno
from markupsafe import Markup


def svg(content: str) -> Markup:
    """The code of a text as an `svg` element that fills what it is in; screen readers pass it by."""
    drawn: str = _made(content).svg_inline(omitsize=True, border=0, svgclass=None, lineclass=None)
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704 - shapes, and no text of ours


def svg_file(content: str) -> bytes:
    """The same as a file of its own, with the white edge that readers need."""
    file = BytesIO()
    _made(content).save(file, kind="svg", border=4, scale=8, light="#fff")
    return file.getvalue()


def _made(content: str) -> segno.QRCode:
    return segno.make_qr(content, error="m")
