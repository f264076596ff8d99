"""URLs of recordings."""

from flask import Flask

from webapp.core import gate
from webapp.core.config import Settings
from webapp.recordings import deletions, policy, storage
from webapp.recordings.media_auth import authorise_at_once
from webapp.recordings.retention import keeping
from webapp.recordings.views import bulk, deleting, listing, mails, recordings
from webapp.recordings.views.blueprint import bp

__all__ = ["bulk", "deleting", "init_app", "listing", "mails", "recordings"]


def init_app(app: Flask, settings: Settings) -> None:
    """Register the pages and open the storage."""
    storage.init_app(app, settings)
    app.register_blueprint(bp)
    gate.answer_at(app, "/hooks/media-auth", "recordings.media_auth", authorise_at_once)
    app.jinja_env.globals |= {"deletion_offered": deleting.offered, "deletion_token": deletions.token}
    app.context_processor(
        lambda: {"recording_policy": policy, "keeping_of": keeping, "media_url": recordings.media_url}
    )
