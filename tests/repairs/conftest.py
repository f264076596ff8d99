"""Runs that nobody works off by themselves."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from webapp.core import background


class Asleep:
    """Background work that never begins: a process that ended right after its answer."""

    def submit(self, work: Callable[[], object], /) -> None:
        """Lose the work."""


@pytest.fixture
def asleep(app: Flask) -> Iterator[None]:
    """Runs wait for whoever works them off."""
    kept, app.extensions[background.LONG] = app.extensions[background.LONG], Asleep()
    yield
    app.extensions[background.LONG] = kept


@pytest.fixture
def busy(app: Flask) -> Iterator[None]:
    """The threads that work off hooks are all at something."""
    kept, app.extensions[background.EXTENSION] = app.extensions[background.EXTENSION], Asleep()
    yield
    app.extensions[background.EXTENSION] = kept
