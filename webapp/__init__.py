"""Frontdesk: the front desk of a LiveKit installation whose meetings phones can join."""

import gc

gc.disable()  # what is loaded stays: the collector's rounds over it, ever longer ones, were a sixth of each start

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import cli, models, navigation
from webapp.access import letters as access_letters
from webapp.access import personal as access_data
from webapp.access import views as access_pages
from webapp.accounts import commands as account_commands
from webapp.accounts import personal, sessions
from webapp.accounts import views as account_pages
from webapp.audit import commands as audit_commands
from webapp.audit import pages as intent_pages
from webapp.audit import views as audit_pages
from webapp.calls import hits as call_hits
from webapp.calls import views as call_pages
from webapp.core import (
    assets,
    background,
    errors,
    filters,
    gate,
    health,
    hosts,
    i18n,
    logs,
    patience,
    request_log,
    searching,
    security,
    times,
)
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.desk import views as desk_pages
from webapp.doctor import views as doctor_pages
from webapp.hooks import views as hook_pages
from webapp.invitations import letters as invitation_letters
from webapp.invitations import personal as invitation_data
from webapp.invitations import views as invitation_pages
from webapp.jobs import runner
from webapp.jobs import views as job_pages
from webapp.live import views as live_pages
from webapp.livekit import pages as livekit_pages
from webapp.lobby import personal as lobby_data
from webapp.lobby import polls
from webapp.lobby import views as lobby_pages
from webapp.mails import commands as mail_commands
from webapp.mails import kinds as mail_kinds
from webapp.mails import personal as mail_data
from webapp.mails import views as mail_pages
from webapp.marketing import personal as marketing_data
from webapp.marketing import views as marketing_pages
from webapp.people import views as people_pages
from webapp.recordings import hits as recording_hits
from webapp.recordings import letters as recording_letters
from webapp.recordings import personal as recording_data
from webapp.recordings import views as recording_pages
from webapp.repairs import views as repair_pages
from webapp.reviews import letters as review_letters
from webapp.reviews import personal as review_data
from webapp.reviews import views as review_pages
from webapp.rooms import hits as room_hits
from webapp.rooms import personal as room_data
from webapp.rooms import trunk_hits
from webapp.rooms import views as room_pages
from webapp.rules import hits as rule_hits
from webapp.search import sources
from webapp.search import views as search_pages
from webapp.seed import command as seed_command
from webapp.seed import desk as seed_desk
from webapp.setup import command as setup_command
from webapp.setup import views as setup_pages
from webapp.support import views as support_pages
from webapp.tracer import views as tracer_pages
from webapp.trunks import views as trunk_pages

gc.enable()

__all__ = ["create_app", "models"]

MACHINERY = (assets, i18n, errors, livekit_pages, intent_pages, filters, times, navigation, background, health)
PAGES = (
    account_pages,
    mail_pages,
    marketing_pages,
    room_pages,
    access_pages,
    invitation_pages,
    review_pages,
    lobby_pages,
    polls,
    live_pages,
    call_pages,
    trunk_pages,
    doctor_pages,
    repair_pages,
    tracer_pages,
    support_pages,
    people_pages,
    audit_pages,
    hook_pages,
    job_pages,
    desk_pages,
    search_pages,
    setup_pages,
)
MAILS = (*recording_letters.KINDS, *access_letters.KINDS, *invitation_letters.KINDS, *review_letters.KINDS)
PERSONAL = (
    room_data.ROOMS,
    access_data.ROLES,
    invitation_data.INVITATIONS,
    review_data.REVIEWS,
    lobby_data.LOBBY,
    recording_data.RECORDINGS,
    mail_data.MAILS,
    marketing_data.NEWS,
)
SEARCHED = (
    room_hits.ROOM_HITS,
    navigation.DEED_HITS,
    trunk_hits.TRUNK_HITS,
    rule_hits.RULE_HITS,
    recording_hits.RECORDING_HITS,
    call_hits.CALL_HITS,
    navigation.PAGE_HITS,
)
COMMANDS = (account_commands, audit_commands, mail_commands, cli, setup_command, seed_command, seed_desk)


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
    gate.init_app(app)
    if settings.proxy_count:
        hops = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if not app.testing:
        logs.init_logging(settings.log_level)

    patience.init_app(app, settings.database_patience)
    request_log.init_app(app, behind_proxy=settings.proxy_count > 0)
    db.init_app(app, settings.database_url, settings.database_pool_size)
    sessions.init_app(app)
    hosts.init_app(app)
    searching.init_app(app)  # before a sign-in could carry a number on
    security.init_app(app, settings)
    runner.init_app(app, settings)
    recording_pages.init_app(app, settings)
    mail_kinds.init_app(app, MAILS)
    personal.init_app(app, PERSONAL)
    sources.init_app(app, SEARCHED)
    for part in (*MACHINERY, *PAGES, *COMMANDS):
        part.init_app(app)
    return app
