"""Frontdesk as it grows: nginx, two web processes and a worker by the files that we ship, and everything behind them.

The command lines and the environment are those of the systemd units and of the file of settings beside them; what an
operator fills in is filled in here. It runs in production mode, by https, with a provider that speaks https, too.
"""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from simulator.world import Options
from tests.plugins.bucket import TestBucket
from tests.plugins.mail_server import MailServer
from tests.support import nginx
from tests.support.installed import ROOT, free_port
from tests.support.livekit import LiveKit
from tests.support.nginx import NAME, Site
from tests.support.processes import end
from tests.support.simulator_program import program
from tests.support.units import EXAMPLE, assignments, unit
from tests.support.waiting import PATIENCE, until

PUBLIC = f"https://{NAME}"
PROVIDER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{ proxy_pass http://127.0.0.1:{inner}; proxy_set_header Host $http_host; }}
    }}
"""
HOOK_TOKEN = "wQ4nV8cX2bM6zL1k"
SLOW_MACHINE = {"FRONTDESK_LIVEKIT_TIMEOUT": "50", "FRONTDESK_OIDC_TIMEOUT": "50"}  # a busy one is no outage


@dataclass
class Web:
    """A web process, of gunicorn and its workers, and where it listens."""

    port: int
    process: subprocess.Popen[bytes]

    def answers(self) -> bool:
        """It takes requests."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End it without a word, with what it began."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@dataclass
class Grown:
    """The installation, and the folder with what its processes write."""

    folder: Path
    settings: dict[str, str]
    site: Site
    livekit: LiveKit
    database: sa.Engine
    stack: ExitStack
    webs: list[Web] = field(default_factory=list)

    def flask(self, *words: str) -> str:
        """Type a command beside the worker's, as the README has it; returns what it says. Raises if it fails."""
        command = [unit("frontdesk-worker").here().command[0], *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.settings, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self, port: int) -> None:
        """Start a web process by its unit, and wait until it told systemd so and answers."""
        of_unit = unit("frontdesk-web").here()
        command = [word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in of_unit.command]
        runtime = self.folder / of_unit.one("RuntimeDirectory") / str(port)
        runtime.mkdir(parents=True)
        with _systemd(self.folder / f"notify-{port}") as told:
            process = self._start(
                f"web-{port}",
                command,
                {name: str(runtime) for name in of_unit.environment} | {"NOTIFY_SOCKET": told.getsockname()},
            )
            assert told.recv(4096).startswith(b"READY=1")
        web = Web(port, process)
        until(lambda: process.poll() is not None or web.answers())
        assert process.poll() is None, self.written()
        self.webs.append(web)

    def work(self) -> int:
        """Start the worker by its unit; returns the port on which it answers."""
        of_unit, port = unit("frontdesk-worker").here(), free_port()
        self._start("worker", of_unit.command, {name: str(port) for name in of_unit.environment})
        until(lambda: "runner.started" in self.written())
        return port

    def stored(self, query: str, **values: object) -> Any:
        """The one value that a query of the database finds, or None; a change is committed."""
        with self.database.begin() as connection:
            result = connection.execute(sa.text(query), values)
            return result.scalar_one_or_none() if result.returns_rows else None

    def written(self) -> str:
        """Everything the processes wrote so far."""
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob("*.log")))

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.settings | environment, stdout=log, stderr=log, start_new_session=True
            )
        self.stack.callback(end, process, group=True)
        return process


@contextmanager
def _systemd(path: Path) -> Iterator[socket.socket]:
    """What systemd listens on for the word of a unit of Type=notify."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.settimeout(PATIENCE)
        told.bind(str(path))
        yield told


def filled_in(
    bucket: TestBucket, mails: MailServer, livekit: LiveKit, issuer: str, database: str, redis: str
) -> dict[str, str]:
    """The file of settings as an operator leaves it. Every name of it stays; no other comes in but the last ones."""
    storage = bucket.settings
    told = {
        "FRONTDESK_SECRET_KEY": "kB7x0pQ2vT9mZ4nW1rY6uE3sA8dF5gHj",
        "FRONTDESK_DATABASE_URL": database,
        "FRONTDESK_REDIS_URL": redis,
        "FRONTDESK_LIVEKIT_URL": livekit.url,
        "FRONTDESK_LIVEKIT_API_KEY": Options.api_key,
        "FRONTDESK_LIVEKIT_API_SECRET": Options.api_secret,
        "FRONTDESK_OIDC_ISSUER": issuer,
        "FRONTDESK_OIDC_CLIENT_SECRET": "frontdesk-secret",
        "FRONTDESK_STORAGE_URL": storage["storage_url"],
        "FRONTDESK_STORAGE_ACCESS_KEY": storage["storage_access_key"],
        "FRONTDESK_STORAGE_SECRET_KEY": storage["storage_secret_key"].get_secret_value(),
        "FRONTDESK_STORAGE_HOOK_TOKEN": HOOK_TOKEN,
        "FRONTDESK_SMTP_URL": mails.url,
        "WEB_CONCURRENCY": "1",
    }
    example = assignments(EXAMPLE.read_text())
    assert told.keys() <= example.keys() and {name for name, value in example.items() if not value} <= told.keys()
    return example | told | SLOW_MACHINE


@contextmanager
def grown(
    program_of_nginx: str, folder: Path, bucket: TestBucket, mails: MailServer, database: str, redis: str
) -> Iterator[Grown]:
    """All of it, with an empty database that the shipped command brings up; its processes end with the block."""
    ports, (issued, inner) = [free_port(), free_port()], (free_port(), free_port())
    issuer = f"https://127.0.0.1:{issued}"
    options = [f"--frontdesk-url={PUBLIC}", f"--issuer={issuer}", f"--oidc-port={inner}", "--latency-factor=0.02"]
    options += [f"--webhook-url=http://127.0.0.1:{ports[1]}/hooks/livekit"]  # as in Compose, where nginx is not asked
    with ExitStack() as stack:
        _process, livekit = stack.enter_context(program(*options))
        addresses = [f"127.0.0.1:{port}" for port in ports]
        provider = PROVIDER.format(port=issued, inner=inner, certificate=folder / "server.pem")
        site = nginx.written(folder, addresses, bucket.s3.url.removeprefix("http://"), beside=provider)
        stack.enter_context(nginx.running(program_of_nginx, site))
        plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "REQUESTS_CA_BUNDLE": str(site.certificates.authority)}
        settings = plain | filled_in(bucket, mails, livekit, issuer, database, redis)
        engine = sa.create_engine(database)
        stack.callback(engine.dispose)
        made = Grown(folder, settings, site, livekit, engine, stack)
        made.flask("db", "upgrade")
        for port in ports:
            made.serve(port)
        yield made


class Visitor:
    """A browser that comes to the site by https, under its name."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.session = requests.Session()
        self.session.trust_env = False  # what the environment trusts would count for more
        self.session.verify = str(site.certificates.authority)

    def ask(self, method: str, path: str, **told: Any) -> requests.Response:
        """Ask, without following where the answer leads."""
        told["headers"] = {"Host": NAME, "Referer": f"{PUBLIC}/", **told.get("headers", {})}
        url = f"https://127.0.0.1:{self._site.secure}{path}"
        return self.session.request(method, url, allow_redirects=False, timeout=PATIENCE, **told)

    def page(self, path: str) -> str:
        """A page that opens."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
        return answer.text

    def send(self, path: str, page: str, **data: str) -> str:
        """Send a form of a page; returns where the answer leads to."""
        (token, *_more) = re.findall(r'name="csrf_token" value="([^"]+)"', self.page(page))
        answer = self.ask("POST", path, data={"csrf_token": token, **data})
        assert answer.status_code == 303, (path, answer.status_code, answer.text[-2000:])
        return answer.headers["Location"]

    def sign_in(self, persona: str) -> None:
        """Sign in at the provider and come back."""
        there = self.ask("GET", "/sign-in").headers["Location"]
        back = self.session.get(there, params={"persona": persona}, allow_redirects=False, timeout=PATIENCE)
        assert back.headers["Location"].startswith(f"{PUBLIC}/"), back.text
        here = self.ask("GET", back.headers["Location"].removeprefix(PUBLIC))
        assert here.status_code == 303, here.text
