"""Addresses as templates ask for them: forty for a page, so the router is asked once for each kind of page."""

from typing import Any
from urllib.parse import quote, urlencode

import flask
from flask import Flask, current_app, request
from werkzeug.routing import Rule, UnicodeConverter

EXTENSION = "frontdesk.paths"
IN_PATH, IN_QUERY = "!$&'()*+,/:;=@", "!$'()*,/:;?@"  # what werkzeug leaves as it is

Parts = tuple[str, str, str]  # before the argument, its name, after it


def path_for(endpoint: str, **values: Any) -> str:
    """Flask's url_for, with an answer of our own for pages of one address and at most one plain argument in it."""
    parts = _parts(endpoint)
    if parts is None or request.script_root or any(name.startswith("_") for name in values):
        return flask.url_for(endpoint, **values)
    before, name, after = parts
    if name:
        value = values.pop(name, None)
        if not isinstance(value, str) or not value or "/" in value:
            return flask.url_for(endpoint, **(values | {name: value}))
        before += quote(value, safe=IN_PATH) + after
    query = [(key, value) for key, value in values.items() if value is not None]
    return f"{before}?{urlencode(query, doseq=True, safe=IN_QUERY)}" if query else before


def _parts(endpoint: str) -> Parts | None:
    known: dict[str, Parts | None] = current_app.extensions[EXTENSION]
    if endpoint not in known:
        known[endpoint] = _split(list(current_app.url_map.iter_rules(endpoint))) if "." in endpoint[1:] else None
    return known[endpoint]


def _split(rules: list[Rule]) -> Parts | None:
    """The address in front of and behind its only argument; None when it is not that simple."""
    if len(rules) != 1 or len(rules[0].arguments) > 1 or rules[0].defaults or rules[0].host or rules[0].subdomain:
        return None
    rule = rules[0]
    if not rule.arguments:
        return rule.rule, "", ""
    name = next(iter(rule.arguments))
    before, found, after = rule.rule.partition(f"<{name}>")
    return (before, name, after) if found and type(rule._converters[name]) is UnicodeConverter else None


def init_app(app: Flask) -> None:
    """Let templates build addresses this way."""
    app.extensions[EXTENSION] = {}
    app.jinja_env.globals["url_for"] = path_for
