"""The application itself, for work that goes on in another thread."""

from typing import cast

from flask import Flask, current_app


def this_app() -> Flask:
    """The app of this context, not the stand-in for it: what another thread may open a context of its own with."""
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
