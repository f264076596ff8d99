"""How the databases plan: what PostgreSQL plans anew each time, and by what SQLite does not walk.

What PostgreSQL is asked often is prepared, and has one plan for all after its tenth time, whatever is asked then
(PostgreSQL, PREPARE, "Notes"). The list of somebody with three rooms and that of somebody with ten thousand need two.
"""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    import psycopg

OPTION = "planned_anew"
PLANNED_ANEW = {OPTION: True}  # execution options of a statement whose best plan depends on what is asked


def execute(cursor: "psycopg.Cursor[Any]", statement: str, values: Any, context: ExecutionContext) -> bool:
    """Execute what is planned anew without preparing it; False leaves all else to psycopg, which counts."""
    anew = bool(context.execution_options.get(OPTION))
    if anew:
        cursor.execute(statement, values, prepare=False)
    return anew


class Unindexed(sa.sql.functions.FunctionElement[Any]):
    """A column by which SQLite, which knows no numbers of rows, is not to walk: what is rare is found, then sorted."""

    inherit_cache = True


@compiles(Unindexed)
def _as_it_is(element: Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Unindexed, "sqlite")
def _for_sqlite(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def unindexed(column: Any) -> Any:
    """The column, by which SQLite does not walk."""
    return sa.type_coerce(Unindexed(column), column.type)
