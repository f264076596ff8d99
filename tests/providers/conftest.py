"""The app at providers that others wrote; each runs once for all tests of a process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr

from tests.support.foreign_providers import (
    SECRET,
    ForeignProvider,
    IamProvider,
    OidcProvider,
    iam_provider,
    oidc_provider,
)
from tests.support.sign_in import SITE, Person
from webapp.accounts import metadata
from webapp.core.config import Settings


@pytest.fixture(scope="session")
def npm() -> Iterator[OidcProvider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def iam() -> Iterator[IamProvider]:
    with iam_provider() as provider:
        yield provider


@pytest.fixture
def configure(app: Flask, settings: Settings) -> Iterator[Callable[..., None]]:
    """Run the app with other settings until the test ends; what it knew of a provider is forgotten."""

    def change(**values: Any) -> None:
        app.extensions["frontdesk.settings"] = app.extensions["frontdesk.settings"].model_copy(update=values)
        metadata.forget()

    yield change
    app.extensions["frontdesk.settings"] = settings
    metadata.forget()


@pytest.fixture
def at(configure: Callable[..., None]) -> Callable[[ForeignProvider], None]:
    """Makes the provider ours."""

    def choose(provider: ForeignProvider) -> None:
        configure(
            public_url=SITE,
            oidc_issuer=provider.issuer,
            oidc_client_id="frontdesk",
            oidc_client_secret=SecretStr(SECRET),
            oidc_staff_claim="groups",
            sign_in_limit="1000 per minute",
            **provider.settings,
        )

    return choose


@pytest.fixture
def person(app: Flask) -> Person:
    return Person(app)
