"""Frontdesk as it is installed: gunicorn and `flask worker` in processes of their own, with what they write kept."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from tests.support.processes import end
from tests.support.waiting import PATIENCE, until
from webapp import create_app
from webapp.core import revisions
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata

ROOT = Path(__file__).parent.parent.parent
SECRET_KEY = "the-secret-key-of-an-installation-in-a-test"


@dataclass
class Installation:
    """A folder with settings, and the processes started with them."""

    folder: Path
    settings: dict[str, str]
    port: int = 0
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """Where gunicorn answers."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, *options: str) -> subprocess.Popen[bytes]:
        """Start gunicorn and wait until it answers."""
        command = ("-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", *options, "wsgi:app")
        process = self._start(f"gunicorn-{self.port}", *command)
        until(lambda: process.poll() is not None or self._answers())
        assert process.poll() is None, self.written()
        return process

    def work(self, name: str = "worker") -> subprocess.Popen[bytes]:
        """Start `flask worker`."""
        return self._start(name, "-m", "flask", "--app", "wsgi", "worker", "--threads", "2")

    def written(self) -> str:
        """Everything the processes wrote so far."""
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob("*.log")))

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.settings, stdout=log, stderr=log, start_new_session=True
            )
        self.stack.callback(end, process, group=True)
        return process

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=PATIENCE).ok
        except requests.RequestException:
            return False


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def installed(folder: Path, port: int = 0, **settings: Any) -> Iterator[Installation]:
    """An installation with an empty database; its processes end with the block."""
    port = port or free_port()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    chosen = {
        "environment": "development",
        "secret_key": SECRET_KEY,
        "public_url": f"http://127.0.0.1:{port}",
        "database_url": f"sqlite:///{folder / 'frontdesk.sqlite3'}",
        "recordings_dir": folder / "recordings",
    } | settings
    environment = plain | {f"FRONTDESK_{name.upper()}": str(value) for name, value in chosen.items()}
    one = Installation(folder, environment, port)
    engine = sa.create_engine(environment["FRONTDESK_DATABASE_URL"])
    metadata.create_all(engine)
    with engine.begin() as connection:  # as if it had been migrated
        connection.execute(sa.text(f"CREATE TABLE {revisions.TABLE} (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(sa.text(f"INSERT INTO {revisions.TABLE} VALUES ('{revisions.newest()}')"))
    engine.dispose()
    with one.stack:
        yield one


@contextmanager
def inside(site: Installation) -> Iterator[None]:
    """The installation's database, from this process, without a queue."""
    app = create_app(Settings(environment="testing", database_url=site.settings["FRONTDESK_DATABASE_URL"]))
    with app.app_context():
        yield
        db.session.rollback()
        db.dispose()
