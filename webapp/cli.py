"""Commands: `flask db …` moves the database between versions of the schema; features bring their own groups."""

import importlib
from collections.abc import Sequence
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.core import revisions
from webapp.core.db import db
from webapp.recordings.commands import storage
from webapp.rules.commands import installation
from webapp.tracer.cli import telephony

database = AppGroup("db", help="Move the database between versions of the schema.")


def schema() -> Any:
    """What moves the schema, loaded when it is asked for: no web process pays for Alembic at its start."""
    return importlib.import_module("webapp.core.schema")


class Command(click.Command):
    """A command that moves the schema, and says in a sentence why it does not."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. Raises click.ClickException."""
        try:
            return super().invoke(ctx)
        except schema().CommandError as error:
            raise click.ClickException(str(error)) from error


@database.command(cls=Command)
@click.argument("revision", default="head")
@click.option("--wait", default=600.0, show_default=True, help="Seconds to wait for another upgrade.")
def upgrade(revision: str, wait: float) -> None:
    """Bring the database up to REVISION (the newest by default)."""
    schema().upgrade(revision, wait)


@database.command(cls=Command)
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database down to REVISION (`base` empties it)."""
    schema().downgrade(revision)


@database.command()
def current() -> None:
    """Say which version the database has, and whether it is the newest."""
    with db.engine.connect() as connection:
        click.echo(revisions.of(connection).words)


@database.command(cls=Command)
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    schema().write_revision(message)


@database.command(cls=Command)
def check() -> None:
    """Exit 1 when the models ask for something that no migration makes."""
    schema().check()


def serves() -> bool:
    """The app is loaded to answer requests: by a web server, which runs no command, or by `flask run`."""
    context = click.get_current_context(silent=True)
    return context is None or context.info_name == "run"


def needs_no_settings(arguments: Sequence[str]) -> bool:
    """The command line asks for what is answered without database, network or any setting."""
    return telephony.name in arguments[1:] and "evaluate" in arguments[1:]


def without_settings() -> Flask:
    """An app that serves nothing and has only the commands that need no settings."""
    app = Flask(__name__)
    app.cli.add_command(telephony)
    return app


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(database)
    app.cli.add_command(installation)
    app.cli.add_command(storage)
    app.cli.add_command(telephony)
