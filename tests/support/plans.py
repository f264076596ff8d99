"""How the database would read a table that is large enough for its indexes to matter."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from webapp.core.db import Model, db
from webapp.seed.bulk import Row, load


def fill(model: type[Model], rows: Iterable[Row]) -> None:
    """Insert the rows and let PostgreSQL count them: of a few rows, or of none, any plan is as good as another."""
    with db.engine.begin() as connection:
        load(connection, model, rows)
    if db.engine.dialect.name == "postgresql":
        alone = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.execute(sa.text(f"VACUUM ANALYZE {model.__tablename__}"))
            connection.invalidate()


def explain(connection: sa.Connection, statement: str, values: Any = ()) -> str:
    """The plan of a statement as the driver would send it."""
    how = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    cursor = connection.connection.cursor()
    cursor.execute(f"{how} {statement}", values)
    return " ".join(str(row) for row in cursor.fetchall())
