"""Answers for swaps and for whole pages: every HX- header is read and written here."""

from flask import Request, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response


def is_swap(asked: Request = request) -> bool:
    """Tell whether htmx asks for a fragment; a restored history entry wants the whole page."""
    return "HX-Request" in asked.headers and "HX-History-Restore-Request" not in asked.headers


def respond(page: str, fragment: str, status: int = 200, /, **context: object) -> Response:
    """Answer a swap with the fragment, and anything else with the page that includes it."""
    template = fragment if is_swap() else page
    response = make_response(render_template(template, **context), status)
    response.headers["Vary"] = "HX-Request"
    return response


def done(page_url: str, fragment: str, /, **context: object) -> Response:
    """After a change, show the fragment again or go back to its page with 303."""
    if not is_swap():
        return redirect(page_url, 303)
    return respond(fragment, fragment, 200, **context)


def go(url: str) -> Response:
    """Leave for another page after a change: 303, or htmx's own redirect inside a swap."""
    if not is_swap():
        return redirect(url, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = url
    return response


def alert(template: str, status: int, /, **context: object) -> Response:
    """Show a failure in #alerts and leave what the reader had typed where it is."""
    response = make_response(render_template(template, **context), status)
    response.headers["HX-Retarget"] = "#alerts"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def unchanged() -> ResponseReturnValue:
    """Answer a poll that has nothing new: 204, which htmx does not swap."""
    return "", 204
