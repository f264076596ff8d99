"""A room with somebody in each role."""

import pytest
from flask import Flask

from tests.support.factories import make_room
from webapp.rooms.models import Room


@pytest.fixture
def room(app: Flask) -> Room:
    """The personas' room."""
    return make_room("owner", administrator="administrator", member="member", name="Housing committee")
