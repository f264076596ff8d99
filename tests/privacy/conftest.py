"""The estate with canaries in it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.privacy.planted import Planted
from tests.privacy.planting import plant
from tests.support.livekit import LiveKit


@pytest.fixture
def planted(app: Flask, livekit: LiveKit, change_settings: Callable[..., None]) -> Iterator[Planted]:
    """One room with everything, one that hides numbers, one of somebody else; and what restores them."""
    made = plant(app, livekit, change_settings)
    made.keep()
    try:
        yield made
    finally:
        made.kept.let_go()
