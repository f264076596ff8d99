"""The address that was asked for, with other parts in its path."""

from urllib.parse import urlencode

from flask import request, url_for


def here(**parts: str) -> str:
    """The address of this request with these parts in its path; the query string goes along as it was sent."""
    path = url_for(str(request.endpoint), **{**(request.view_args or {}), **parts})
    query = urlencode(list(request.args.items(multi=True)))
    return f"{path}?{query}" if query else path
