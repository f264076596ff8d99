"""Which version of the schema the database has, and which one this code needs; known without Alembic, slow to load."""

import enum
import re
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from webapp.core.config import Settings

log = structlog.get_logger()
VERSIONS = Path(__file__).parent.parent.parent / "migrations" / "versions"
TABLE = "alembic_version"
NAMED = re.compile(r"""^(down_)?revision = (?:None|["'](\w+)["'])""", re.MULTILINE)
UPGRADE = "Run: flask db upgrade"
CONNECT_SECONDS = 5
POLL_SECONDS = 0.5


class SchemaBehind(Exception):
    """The database does not have the tables that this code needs; the message says the command."""


class SchemaState(enum.StrEnum):
    """How the database's version stands to the newest that the code knows."""

    CURRENT = "current"
    BEHIND = "behind"
    NONE = "none"  # never migrated
    NEWER = "newer"  # upgraded by a release that this one does not know


@dataclass(frozen=True)
class Schema:
    """The database's version, None where it has none, and what that means."""

    version: str | None

    @property
    def state(self) -> SchemaState:
        """How it stands to the newest."""
        if self.version is None:
            return SchemaState.NONE
        if self.version == newest():
            return SchemaState.CURRENT
        return SchemaState.BEHIND if self.version in _shipped() else SchemaState.NEWER

    @property
    def usable(self) -> bool:
        """Our code works with it: each release leaves to the one before what that needs, while servers are replaced."""
        return self.state in {SchemaState.CURRENT, SchemaState.NEWER}

    @property
    def words(self) -> str:
        """One line for an operator."""
        match self.state:
            case SchemaState.CURRENT:
                return f"schema: {self.version}, the newest"
            case SchemaState.BEHIND:
                return f"schema behind: the database is at {self.version}, the newest is {newest()}. {UPGRADE}"
            case SchemaState.NONE:
                return f"schema behind: the database was never migrated, the newest is {newest()}. {UPGRADE}"
            case SchemaState.NEWER:
                return (
                    f"schema newer: a newer Frontdesk has upgraded the database to {self.version}, the newest known "
                    f"here is {newest()}. Run the newer Frontdesk, or restore the backup from before the upgrade."
                )


@cache
def _shipped() -> dict[str, str | None]:
    """Each version of the migrations' folder, with the one below it."""
    versions = {}
    for file in VERSIONS.glob("*.py"):
        names = {bool(down): name or None for down, name in NAMED.findall(file.read_text())}
        versions[names[False] or ""] = names[True]
    return versions


@cache
def newest() -> str:
    """The version that this code needs. Raises ValueError when the folder holds two newest ones."""
    (head,) = set(_shipped()) - set(_shipped().values())
    return head


def of(connection: Connection) -> Schema:
    """What the database has."""
    if not sa.inspect(connection).has_table(TABLE):
        return Schema(None)
    return Schema(connection.scalar(sa.text(f"SELECT max(version_num) FROM {TABLE}")))  # noqa: S608 - our own name


def require(settings: Settings) -> None:
    """Return when servers may start: the database was migrated, or does not answer, which pages say themselves.

    Waits for that as long as the settings say. Raises SchemaBehind. Tests make their tables without migrations.
    """
    if settings.environment != "testing":
        _require(settings.database_url, settings.schema_wait_seconds)


@cache  # also for the workers that a server forks: it has asked before
def _require(database_url: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while True:
        schema = _ask(database_url)
        if schema is not None and schema.usable:
            break
        if time.monotonic() >= deadline:
            if schema is None:
                return
            raise SchemaBehind(schema.words)
        time.sleep(POLL_SECONDS)
    if schema.state is SchemaState.NEWER:
        log.warning("schema.newer", version=schema.version, known=newest())


def _ask(database_url: str) -> Schema | None:
    """What the database has; None when it does not answer. Leaves no connection, which a fork would share."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        if not Path(url.database or "").is_file():
            return Schema(None)  # to connect would make the file
        engine = sa.create_engine(url, poolclass=NullPool)
    else:
        engine = sa.create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect() as connection:
            return of(connection)
    except SQLAlchemyError:
        return None
