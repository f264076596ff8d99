"""Runs migrations on the app's own engine: all in one transaction, one upgrade at a time on PostgreSQL."""

import sqlalchemy as sa
from alembic import context

from migrations import running
from webapp.core.db import UTCDateTime
from webapp.models import metadata

LOCK = 7_301_884_411  # any constant that nobody else uses for an advisory lock


def plain_type(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database: migrations outlive the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def other_default(  # its parameters are Alembic's
    _context: object, _there: object, _model: object, there: str, _wanted: object, wanted: str
) -> bool | None:
    """Take empty texts for alike also on SQLite, where Alembic does not; the rest it judges itself (None)."""
    return False if there == "('')" and wanted == "" else None


def run() -> None:
    """Run the asked-for migrations in one transaction."""
    with running.opened(context.config.attributes["engine"]) as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=other_default,
            render_item=plain_type,
            transactional_ddl=True,  # also on SQLite: the engine, not the driver, begins transactions
            on_version_apply=running.refuse_orphans,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            context.run_migrations()


run()
