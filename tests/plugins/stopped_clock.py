"""A clock that stands: ten seconds are long for a test, and short on a loaded machine."""

from collections.abc import Iterator

import pytest
import time_machine

from webapp.core.db import utcnow


@pytest.fixture
def stopped_clock() -> Iterator[time_machine.Traveller]:
    """No time passes for the app but what the test says."""
    with time_machine.travel(utcnow(), tick=False) as clock:
        yield clock
