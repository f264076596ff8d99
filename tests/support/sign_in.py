"""Somebody who signs in: a browser at our site, and one at the provider's."""

from urllib.parse import urlsplit

import requests
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.personas import Browser, browser
from tests.support.waiting import PATIENCE

SITE = "http://127.0.0.1:8000"


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

    def sign_in(self, persona: str = "owner", target: str | None = None) -> TestResponse:
        """Sign in all the way."""
        return self.back(self.begin(target, persona=persona))

    def is_in(self) -> bool:
        """Whether a page for signed-in people opens."""
        return self.here.get("/account/").status_code == 200
