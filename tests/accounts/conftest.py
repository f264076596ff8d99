"""An app whose provider runs on a real port, and browsers that walk to it and back."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.test import TestResponse

from tests.simulator.oidc_server import TIMEOUT, RunningProvider, serve
from tests.support.personas import Browser, browser
from webapp import create_app
from webapp.accounts import metadata
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata as tables

SITE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def served() -> Iterator[RunningProvider]:
    with serve(redirect_uris=(f"{SITE}/oidc/callback",), post_logout_redirect_uris=(f"{SITE}/signed-out",)) as provider:
        yield provider


@pytest.fixture(scope="session")
def settings(database_url: str, served: RunningProvider) -> Settings:
    return Settings(
        environment="testing",
        database_url=database_url,
        public_url=SITE,
        oidc_issuer=served.issuer,
        oidc_client_secret=served.options.client_secret,
        oidc_timeout=2,
        oidc_staff_claim="groups",
        sign_in_limit="1000 per minute",
    )


@pytest.fixture(scope="session")
def _app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        tables.create_all(db.engine)
    yield app
    with app.app_context():
        db.dispose()


@pytest.fixture(autouse=True)
def provider(served: RunningProvider, app: Flask) -> RunningProvider:
    """The provider, behaving; what the app knew of it is forgotten."""
    served.reset()
    metadata.forget()
    return served


@pytest.fixture
def configure(app: Flask, settings: Settings) -> Iterator[Callable[..., None]]:
    """Run the app with other settings until the test ends."""

    def change(**values: Any) -> None:
        app.extensions["frontdesk.settings"] = settings.model_copy(update=values)
        metadata.forget()

    yield change
    app.extensions["frontdesk.settings"] = settings


class Person:
    """A browser at both sites: ours by the test client, the provider's over HTTP."""

    def __init__(self, app: Flask) -> None:
        self.here: Browser = browser(app)
        self.there = requests.Session()

    def begin(self, target: str | None = None, **wish: str) -> requests.Response:
        """Begin a sign-in; the answer is the provider's."""
        answer = self.here.get("/sign-in", query_string={"next": target} if target else {})
        assert answer.status_code == 303, answer.text
        return self.there.get(answer.headers["Location"], params=wish, allow_redirects=False, timeout=TIMEOUT)

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


@pytest.fixture
def person(app: Flask) -> Person:
    return Person(app)
