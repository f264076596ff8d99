"""Frontdesk: the front desk of a LiveKit installation whose meetings phones can join."""

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import cli, models, navigation
from webapp.access import views as access_pages
from webapp.accounts import commands, sessions
from webapp.accounts import views as accounts
from webapp.audit import views as audit_pages
from webapp.core import background, errors, filters, health, i18n, logs, paths, searching, security, times
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.desk import views as desk
from webapp.hooks import views as hooks
from webapp.jobs import queue
from webapp.jobs import views as jobs
from webapp.livekit import pages as livekit_pages
from webapp.lobby import join as lobby_join
from webapp.lobby import polls as lobby_polls
from webapp.recordings import views as recordings
from webapp.rooms import views as room_pages
from webapp.seed import command as seed_command
from webapp.seed import desk as seed_desk
from webapp.setup import command as setup_command
from webapp.setup import views as setup
from webapp.telephony import views as telephony

__all__ = ["create_app", "models"]


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app; without settings they come from the environment.

    Raises pydantic.ValidationError when a setting is wrong.
    """
    settings = settings or Settings()
    app = Flask(__name__)
    app.testing = settings.environment == "testing"
    app.secret_key = settings.secret_key.get_secret_value()
    app.extensions["frontdesk.settings"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxy_count:
        hops = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if not app.testing:
        logs.init_logging()

    db.init_app(app, settings.database_url, settings.database_pool_size)
    sessions.init_app(app)
    app.before_request(lobby_polls.answer)  # first: thousands of polls have nothing new
    searching.init_app(app)  # before a sign-in could carry a number on
    security.init_app(app, settings)
    i18n.init_app(app)
    errors.init_app(app)
    livekit_pages.init_app(app)
    filters.init_app(app)
    times.init_app(app)
    navigation.init_app(app)
    paths.init_app(app)
    background.init_app(app)
    if not app.testing:  # tests run jobs themselves, when they want to see what they do
        queue.init_app(app, settings)
    health.init_app(app)
    hooks.init_app(app)
    jobs.init_app(app)
    recordings.init_app(app, settings)
    app.register_blueprint(accounts.bp)
    lobby_join.init_app(app)
    room_pages.init_app(app)
    access_pages.init_app(app)
    audit_pages.init_app(app)
    telephony.init_app(app)
    setup.init_app(app)
    app.register_blueprint(desk.bp)
    app.cli.add_command(commands.users)
    cli.init_app(app)
    setup_command.init_app(app)
    seed_command.init_app(app)
    seed_desk.init_app(app)
    return app
