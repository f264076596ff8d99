"""Somebody who signs in: a browser at our site, and one at the provider's."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.personas import Browser, browser
from tests.support.waiting import PATIENCE

SITE = "http://127.0.0.1:8000"


class Form(HTMLParser):
    """The form of a page: where it goes, and what it holds before anybody types."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.there, self.action = False, ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up what belongs to it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.there, self.action = True, given.get("action", "")
        elif tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")


class Person:
    """A browser at both sites: ours by the test client, the provider's over HTTP."""

    def __init__(self, app: Flask) -> None:
        self.here: Browser = browser(app)
        self.there = requests.Session()

    def begin(self, target: str | None = None, **wish: str) -> requests.Response:
        """Begin a sign-in; the answer is the provider's."""
        answer = self.here.get("/sign-in", query_string={"next": target} if target else {})
        assert answer.status_code == 303, answer.text
        return self.there.get(answer.headers["Location"], params=wish, allow_redirects=False, timeout=PATIENCE)

    def back(self, answer: requests.Response) -> TestResponse:
        """Follow the provider's redirect back to us."""
        return self.follow(answer.headers["Location"])

    def follow(self, location: str) -> TestResponse:
        """Open an absolute address of our site."""
        assert location.startswith(SITE), location
        parts = urlsplit(location)
        return self.here.get(f"{parts.path}?{parts.query}")

    def through(self, location: str, **answers: str) -> str:
        """Follow the provider from page to page until it sends the browser back to us: that address.

        A page with a form is sent back, with these answers to what it asks.
        """
        method, form = "GET", None
        while not location.startswith(SITE):
            answer = self.there.request(method, location, data=form, allow_redirects=False, timeout=PATIENCE)
            if answer.is_redirect:
                method, form, location = "GET", None, urljoin(location, answer.headers["Location"])
            else:
                page = Form(answer.text)
                assert method == "GET" and answers and page.there, f"{answer.status_code} {answer.text}"
                method, form, location = "POST", page.fields | answers, urljoin(location, page.action)
        return location

    def sign_in_through(self) -> TestResponse:
        """Sign in all the way, at a provider that needs not be asked anything."""
        return self.follow(self.through(self.here.get("/sign-in").headers["Location"]))

    def sign_out_through(self) -> TestResponse:
        """Sign out here and then at the provider, which asks whether that is meant."""
        page = self.here.post("/logout").text
        url = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
        assert url, page
        return self.follow(self.through(unescape(url[1]), logout="yes", answer="logout"))

    def sign_in(self, persona: str = "owner", target: str | None = None) -> TestResponse:
        """Sign in all the way."""
        return self.back(self.begin(target, persona=persona))

    def is_in(self) -> bool:
        """Whether a page for signed-in people opens."""
        return self.here.get("/account/").status_code == 200
