"""The current app's settings."""

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from webapp.core.config import Settings

settings: Settings = cast(Settings, LocalProxy(lambda: current_app.extensions["frontdesk.settings"]))
