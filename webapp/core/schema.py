"""Move the database between versions of its schema, with Alembic.

Loaded by those alone who ask for it: Alembic is a tenth of what a process would read at its start.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from migrations import grants
from migrations.running import PATIENCE_SECONDS
from webapp.core import patience, revisions
from webapp.core.db import db
from webapp.core.revisions import SchemaState
from webapp.core.settings import settings

__all__ = ["MIGRATIONS", "CommandError", "check", "configuration", "downgrade", "upgrade", "write_revision"]
MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def configuration() -> Config:
    """Alembic's configuration for the current app's database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    config.attributes["engine"] = db.engine
    return config


def upgrade(revision: str = "head", seconds: float = PATIENCE_SECONDS) -> None:
    """Bring the current app's database up to a version, the newest by default.

    Waits so many seconds for another upgrade. Raises alembic.util.CommandError with what an operator can do.
    """
    role = _application_role()
    _refuse_newer()
    config = configuration()
    config.attributes["patience"] = seconds
    config.attributes["application_role"] = role
    with patience.of(None):
        command.upgrade(config, revision)


def downgrade(revision: str) -> None:
    """Take it down to a version; `base` empties it."""
    _refuse_newer()
    with patience.of(None):
        command.downgrade(configuration(), revision)


def _application_role() -> str:
    """The role to be kept from changing the audit log; empty: none is. Raises CommandError where it can't be."""
    role = settings.database_application_role
    if not role or db.engine.dialect.name != "postgresql":
        return ""
    with db.engine.connect() as connection:
        try:
            grants.refuse(connection, role)
        except grants.Refused as error:
            raise CommandError(str(error)) from error
    return role


def _refuse_newer() -> None:
    with db.reader.connect() as connection:
        schema = revisions.of(connection)
    if schema.state is SchemaState.NEWER:
        raise CommandError(schema.words)


def write_revision(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    command.revision(configuration(), message, autogenerate=True)


def check() -> None:
    """Raise alembic.util.CommandError when the models ask for something that no migration makes."""
    command.check(configuration())
