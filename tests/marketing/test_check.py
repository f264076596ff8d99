"""`flask check --connect` says whether the newsletter service knows us, and passes nobody on."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.brevo import Brevo
from tests.support.installed import free_port
from webapp.setup import connections

Change = Callable[..., None]


def line() -> str:
    return next((each.words for each in connections.connect() if each.setting == "FRONTDESK_BREVO_API_KEY"), "")


def test_a_key_that_it_knows_is_one(account: Brevo):
    assert line() == "Brevo: open."
    assert account.asked == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"brevo_api_key": SecretStr("another")}, "does not know this key"),
        ({"brevo_url": f"http://127.0.0.1:{free_port()}/v3"}, "nothing answers at FRONTDESK_BREVO_URL"),
    ],
    ids=["key", "address"],
)
def test_what_is_wrong_is_said_without_the_key(
    account: Brevo, change_settings: Change, change: dict[str, Any], words: str
):
    change_settings(**change)
    assert words in line() and "another" not in line()


def test_without_a_service_there_is_nothing_to_open(account: Brevo, change_settings: Change):
    change_settings(marketing="")
    assert line() == ""
