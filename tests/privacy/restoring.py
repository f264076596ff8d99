"""The rows as they were before a request: what it changed is put back, table by table."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.privacy.canaries import DIGITS
from webapp.core.db import db
from webapp.models import metadata
from webapp.rooms.models import PhonePin

CHANGES = re.compile(r"\s*(?P<verb>INSERT|UPDATE|DELETE)(?: INTO| FROM|) (?:OR \w+ )?(?P<table>\w+)")
KEPT = "kept_"


class KeptRows:
    """All rows of now, and which tables changed since they were put back last."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self._below = _below()
        for table in metadata.tables:
            _run(f"CREATE TABLE {KEPT}{table} AS SELECT * FROM {table}")
        for engine in db.engines:
            event.listen(engine, "before_cursor_execute", self._watch)

    def let_go(self) -> None:
        """Watch no more, and forget them."""
        db.session.rollback()
        for engine in db.engines:
            event.remove(engine, "before_cursor_execute", self._watch)
        for table in metadata.tables:
            _run(f"DROP TABLE {KEPT}{table}")

    def put_back(self) -> None:
        """Undo what changed, without regard to what refers to what: in the end all is as it was."""
        db.session.rollback()
        with db.engine.connect() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            raw: Any = connection.connection.driver_connection
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                if not is_sqlite:
                    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                for table in sorted(self.changed & set(metadata.tables)):
                    connection.exec_driver_sql(f"DELETE FROM {table}")
                    connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM {KEPT}{table}")
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")
        self.changed.clear()

    def new_pins(self) -> set[str]:
        """PINs that were drawn meanwhile."""
        if PhonePin.__tablename__ not in self.changed:
            return set()
        found = set(db.session.scalars(sa.select(PhonePin.pin)))
        db.session.rollback()
        return found - set(DIGITS.values())

    def _watch(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if change := CHANGES.match(statement):
            self.changed.add(change["table"])
            if change["verb"] == "DELETE":
                self.changed |= self._below.get(change["table"], set())


def _run(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def _below() -> dict[str, set[str]]:
    """Of each table those whose rows go, or change, with its rows."""
    direct: dict[str, set[str]] = {}
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            direct.setdefault(key.column.table.name, set()).add(table.name)
    found = {}
    for name in direct:
        found[name], more = set[str](), {name}
        while more:
            more = set().union(*(direct.get(each, set()) for each in more)) - found[name]
            found[name] |= more
    return found
