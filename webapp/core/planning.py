"""How PostgreSQL plans: a statement that is asked often is prepared, and what is planned anew each time is not.

A prepared statement has one plan for all after its tenth time, whatever is asked then (PostgreSQL, PREPARE, "Notes").
The list of somebody with three rooms and that of somebody with ten thousand need two.
"""

from typing import Any

import psycopg
from sqlalchemy.engine import ExecutionContext

OPTION = "planned_anew"
PLANNED_ANEW = {OPTION: True}  # execution options of a statement whose best plan depends on what is asked


def execute(cursor: psycopg.Cursor[Any], statement: str, values: Any, context: ExecutionContext) -> bool:
    """Execute what is planned anew without preparing it; False leaves all else to psycopg, which counts."""
    anew = bool(context.execution_options.get(OPTION))
    if anew:
        cursor.execute(statement, values, prepare=False)
    return anew
