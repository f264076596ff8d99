"""An app whose provider runs on a real port, and browsers that walk to it and back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.support.oidc_server import RunningProvider, serve
from tests.support.sign_in import SITE, Person
from webapp import create_app
from webapp.accounts import metadata
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata as tables


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
        oidc_timeout=50,  # a busy machine is no outage; tests of slowness wait less
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


@pytest.fixture
def person(app: Flask) -> Person:
    return Person(app)
