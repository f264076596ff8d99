"""Runs migrations on the app's own engine: on PostgreSQL a transaction per version, on SQLite one for all."""

from alembic import context

from migrations import grants, running
from webapp.core.db import UTCDateTime
from webapp.models import metadata


def plain_type(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database: migrations outlive the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def other_default(  # its parameters are Alembic's
    _context: object, _there: object, _model: object, there: str, _wanted: object, wanted: str
) -> bool | None:
    """Take empty texts for alike also on SQLite, where Alembic does not; the rest it judges itself (None)."""
    return False if there == "('')" and wanted == "" else None


def run() -> None:
    """Run the asked-for migrations, when no other upgrade is under way."""
    told = context.config.attributes
    with running.alone(told["engine"], told.get("patience", running.PATIENCE_SECONDS)) as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=other_default,
            render_item=plain_type,
            transactional_ddl=True,  # also on SQLite: the engine, not the driver, begins transactions
            # SQLite's write lock, taken once, is what keeps upgrades apart; PostgreSQL's locks shall be short.
            transaction_per_migration=connection.dialect.name == "postgresql",
            on_version_apply=running.refuse_orphans,
        )
        with context.begin_transaction():
            context.run_migrations()
        if role := told.get("application_role"):  # each time: versions bring new tables
            connection.commit()
            with connection.begin():
                grants.give(connection, role)


run()
