"""LiveKit at the app's side."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.phones import Door, make_door


@pytest.fixture
def installation(app: Flask, livekit: LiveKit, change_settings: Callable[..., None]) -> Installation:
    """The app asks the simulated LiveKit, which has one trunk."""
    change_settings(livekit_url=livekit.url)
    made = Installation(livekit, "")
    made.trunk_id = made.trunk()
    return made


@pytest.fixture
def door(hooked: LiveKit, installation: Installation) -> Iterator[Door]:
    """A live room where callers wait, in a LiveKit that unmutes and whose webhooks reach the app."""
    hooked.switch(enable_remote_unmute=True)
    made = make_door(installation)
    hooked.settle()
    yield made
    hooked.heal()
    hooked.settle()  # or what LiveKit still tells would meet the next test's empty database
