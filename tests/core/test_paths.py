"""Addresses in templates: built by a short cut that must agree with Flask's own way."""

import pytest
from flask import Flask, url_for

from webapp.core.paths import path_for

VALUES = ({}, {"q": "böse & gut/ziel", "page": 2, "none": None}, {"tag": ["a", "b"], "plain": "x y+z"})


def test_every_page_has_the_address_that_flask_gives_it(app: Flask):
    with app.test_request_context("/rooms/"):
        for rule in app.url_map.iter_rules():
            texts = dict.fromkeys(rule.arguments, "abc-defg-hij")
            if all(type(rule._converters[name]).__name__ == "UnicodeConverter" for name in texts):
                for values in VALUES:
                    assert path_for(rule.endpoint, **texts, **values) == url_for(rule.endpoint, **texts, **values)


@pytest.mark.parametrize("slug", ["ä b", "a?b", "a%2Fb", "a#b", "ok-slug"])
def test_an_odd_argument_is_quoted_as_flask_quotes_it(app: Flask, slug: str):
    with app.test_request_context("/"):
        assert path_for("rooms.show", slug=slug) == url_for("rooms.show", slug=slug)


def test_behind_a_prefix_addresses_carry_it(app: Flask):
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/desk"}):
        assert path_for("rooms.index") == "/desk/rooms/"


def test_an_address_relative_to_the_page_stays_relative_to_it(app: Flask):
    with app.test_request_context("/rooms/"):
        assert path_for(".new") == "/rooms/new"
