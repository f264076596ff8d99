"""An installation that uses Brevo."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from tests.support.brevo import KEY, Brevo, brevo


@pytest.fixture
def account(app: Flask, change_settings: Callable[..., None]) -> Iterator[Brevo]:
    """The account of the settings."""
    with brevo() as served:
        change_settings(
            marketing="brevo",
            brevo_api_key=SecretStr(KEY),
            brevo_url=served.url,
            brevo_lists=[7],
            marketing_delay_hours=24,
        )
        yield served
