"""By what way the deed that is being recorded was asked for."""

import click
from flask import has_request_context, request

from webapp.audit.models import Origin
from webapp.core import request_log

HOOKS = "hooks"  # the blueprint
SERVERS = {"worker", "run"}  # commands that go on for ever, and do what others asked for


def here() -> Origin:
    """The way in of this thread: a request, a command, or the work of the clock."""
    if has_request_context():
        return Origin.HOOK if request.blueprint == HOOKS else Origin.PAGE
    command = click.get_current_context(silent=True)
    return Origin.COMMAND if command is not None and command.info_name not in SERVERS else Origin.JOB


def request_id() -> str:
    """The id of the request in whose course it is done; empty outside of one."""
    return request_log.current()
