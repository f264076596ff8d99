"""Commands: `flask db …` moves the database between versions of the schema; features bring their own groups."""

from collections.abc import Sequence
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask import Flask
from flask.cli import AppGroup

from webapp.db import db
from webapp.telephony.cli import telephony

MIGRATIONS = Path(__file__).parent.parent / "migrations"
database = AppGroup("db", help="Move the database between versions of the schema.")


def alembic_config() -> Config:
    """Alembic's configuration for the current app's database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["engine"] = db.engine
    return config


def upgrade_to_head() -> None:
    """Bring the current app's database up to the newest version."""
    command.upgrade(alembic_config(), "head")


@database.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database up to REVISION (the newest by default)."""
    command.upgrade(alembic_config(), revision)


@database.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database down to REVISION (`base` empties it)."""
    command.downgrade(alembic_config(), revision)


@database.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    command.revision(alembic_config(), message, autogenerate=True)


@database.command()
def check() -> None:
    """Exit 1 when the models ask for something that no migration makes."""
    command.check(alembic_config())


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
    app.cli.add_command(telephony)
