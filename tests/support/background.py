"""Work that is begun right after an answer, for tests: it is done before."""

from collections.abc import Callable

from flask import Flask

from webapp.core import background


class BeforeTheAnswer:
    """Does the work as soon as it is given."""

    def submit(self, work: Callable[[], object], /) -> object:
        """Do the work."""
        return work()


def do_before_the_answer(app: Flask) -> None:
    """Let the app have no threads for such work."""
    for threads in (background.EXTENSION, background.AT_ONCE, background.LONG):
        app.extensions[threads] = BeforeTheAnswer()
