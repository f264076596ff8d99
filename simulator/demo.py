"""`make demo`: the simulator and Frontdesk together, supervised in the foreground, state kept in var/demo."""

import argparse
import fcntl
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import Request, urlopen

from simulator.oidc.personas import PERSONAS

START_SECONDS = 120
STOP_SECONDS = 12  # a little more than what gunicorn grants requests under way

# Numbers that France keeps free for films and examples.
TRUNK = {"name": "Town hall line", "numbers": ["+33199001122"]}
VISITORS = ("Lotte Brandvold", "Rasmus Holt")


class DemoError(Exception):
    """The demo cannot run; the message says what to do."""


@dataclass(frozen=True)
class Demo:
    """Where the demo listens and keeps its state: three ports in a row, one folder."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Frontdesk's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def livekit_url(self) -> str:
        """The simulated LiveKit, with its playground."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def issuer(self) -> str:
        """The development OpenID provider."""
        return f"http://127.0.0.1:{self.port + 2}"

    def secret(self, name: str) -> str:
        """A secret made at the first start and kept, so that a restart signs nobody out."""
        file = self.folder / f"{name}.secret"
        if not file.exists():
            file.write_text(secrets.token_hex(32))  # for this user alone: see `main`
        return file.read_text()

    def environment(self) -> dict[str, str]:
        """The settings of the demo over the caller's environment."""
        return os.environ | {
            "FRONTDESK_ENVIRONMENT": "development",
            "FRONTDESK_SECRET_KEY": self.secret("cookies"),
            "FRONTDESK_PUBLIC_URL": self.url,
            "FRONTDESK_DATABASE_URL": f"sqlite:///{self.folder / 'frontdesk.sqlite3'}",
            "FRONTDESK_RECORDINGS_DIR": str(self.folder / "recordings"),
            "FRONTDESK_LIVEKIT_URL": self.livekit_url,
            "FRONTDESK_LIVEKIT_API_KEY": "demo",
            "FRONTDESK_LIVEKIT_API_SECRET": self.secret("livekit"),
            "FRONTDESK_MEETING_URL": f"{self.livekit_url}/playground/meet?room={{room}}",
            "FRONTDESK_OIDC_ISSUER": self.issuer,
            "FRONTDESK_OIDC_NAME": "a demo account",
            "FRONTDESK_OIDC_CLIENT_ID": "frontdesk",
            "FRONTDESK_OIDC_CLIENT_SECRET": self.secret("oidc"),
            "FRONTDESK_OIDC_STAFF_CLAIM": "groups",
        }

    def commands(self) -> dict[str, Sequence[str]]:
        """The two programs, by the name of their log."""
        environment = self.environment()
        simulator = ("--port", str(self.port + 1), "--oidc-port", str(self.port + 2), "--frontdesk-url", self.url)
        keys = (
            "--api-key",
            "demo",
            "--api-secret",
            environment["FRONTDESK_LIVEKIT_API_SECRET"],
            "--enable-remote-unmute",
        )
        client = ("--client-secret", environment["FRONTDESK_OIDC_CLIENT_SECRET"])
        recordings, sip = environment["FRONTDESK_RECORDINGS_DIR"], str(self.folder / "livekit-sip.json")
        files = ("--recordings-dir", recordings, "--sip-file", sip)
        return {
            "simulator": (sys.executable, "-m", "simulator", *simulator, *keys, *client, *files),
            "frontdesk": (sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "wsgi:app"),
        }


class Supervisor:
    """Starts programs, watches them, and stops all of them when one ends or somebody asks."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment = environment
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = False

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a program in a session of its own, so that Ctrl-C reaches only us and the order of the end is ours."""
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def log(self, name: str) -> Path:
        """What a program printed."""
        return self.logs / f"{name}.log"

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Note that somebody pressed Ctrl-C or sent SIGTERM."""
        self.asked_to_stop = True

    def wait(self, until: Callable[[], bool]) -> None:
        """Return when the condition holds or somebody asked to stop. Raises DemoError when a program ended."""
        while not self.asked_to_stop and not until():
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise DemoError(f"{name} ended by itself ({process.returncode}):\n{self.last_lines(name)}")
            time.sleep(0.1)

    def last_lines(self, name: str) -> str:
        """The end of a program's log."""
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """End every program, the last started first: politely, then not."""
        for process in reversed(self.running.values()):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(self.running.values()):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(url: str) -> bool:
    """Somebody answers there with success."""
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def alone(demo: Demo) -> Iterator[None]:
    """Hold the folder while the block runs; it is free again when the process ends. Raises DemoError when taken."""
    with (demo.folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise DemoError(
                f"A demo is already running in {os.path.relpath(demo.folder)}: {lock.read()}\n"
                "Two in one folder would mix their data. Open that address, or stop it first (Ctrl-C where it runs)."
            ) from error
        lock.truncate(0)
        lock.write(demo.url)
        lock.flush()
        yield


def narrow(folder: Path) -> None:
    """Take from others what an earlier demo let them do in its folder."""
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        if status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode):
            path.chmod(status.st_mode & 0o700)


def refuse_taken_ports(demo: Demo) -> None:
    """Raise DemoError when one of the three ports is in use."""
    for port in range(demo.port, demo.port + 3):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError as error:
                raise DemoError(f"Port {port} is in use. Another one: make demo PORT={demo.port + 123}") from error


def flask(demo: Demo, *words: str) -> str:
    """Run a command of Frontdesk; returns what it printed. Raises DemoError with what it complained of."""
    command = (sys.executable, "-m", "flask", "--app", "wsgi", *words)
    done = subprocess.run(command, env=demo.environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise DemoError(f"flask {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def welcome(demo: Demo) -> str:
    """What a newcomer needs to know."""
    people = (f"    {who.given_name} {who.usual_name} ({key}). {who.about}" for key, who in PERSONAS.items())
    return "\n".join(
        [
            "",
            f"  Frontdesk    {demo.url}",
            f"  Playground   {demo.livekit_url}/playground   (join a room, place a phone call)",
            "",
            "  Sign in as:",
            *people,
            "",
            f"  State is kept in {os.path.relpath(demo.folder)}; make demo-reset forgets it. Ctrl-C stops everything.",
            "",
        ]
    )


def run(demo: Demo) -> None:
    """Run the demo until somebody stops it. Raises DemoError when it cannot."""
    refuse_taken_ports(demo)
    flask(demo, "db", "upgrade")
    supervisor = Supervisor(demo.environment(), demo.folder)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.ask_to_stop)
    try:
        for name, command in demo.commands().items():  # the simulator first: Frontdesk's first sweep asks it
            if not supervisor.asked_to_stop:
                supervisor.start(name, command)
                await_answer(demo, supervisor, name)
        if not supervisor.asked_to_stop:
            furnish(demo)
            sys.stdout.write(welcome(demo))
            sys.stdout.flush()
        supervisor.wait(lambda: False)
    finally:
        supervisor.stop()


def furnish(demo: Demo) -> None:
    """A newcomer finds a desk in use: at the first start a trunk and rooms, at each start a meeting in the first."""
    made = demo.folder / "rooms.tsv"
    if not made.exists():
        control(demo, "call", service="SIP", method="CreateSIPInboundTrunk", request={"trunk": TRUNK})
        people = (f"--{key}={PERSONAS[key].email}" for key in ("owner", "administrator", "member"))
        made.write_text(flask(demo, "seed-desk", *people))
    live_room = made.read_text().split("\t")[0]
    for name in VISITORS:
        identity = f"visitor-{name.split()[0].lower()}"
        control(demo, "join", room=live_room, identity=identity, name=name, publish=["microphone"])


def control(demo: Demo, command: str, **arguments: object) -> None:
    """Tell the simulated LiveKit to do something. Raises DemoError when it does not."""
    body = json.dumps(arguments).encode()
    request = Request(f"{demo.livekit_url}/control/{command}", body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=10):  # noqa: S310 - an address of our own
            return
    except OSError as error:
        raise DemoError(f"The simulated LiveKit refused “{command}”: {error}") from error


def await_answer(demo: Demo, supervisor: Supervisor, name: str) -> None:
    """Return when the program answers or somebody asked to stop. Raises DemoError when it takes too long."""
    address = {"simulator": f"{demo.issuer}/.well-known/openid-configuration", "frontdesk": f"{demo.url}/readyz"}[name]
    deadline = time.monotonic() + START_SECONDS
    supervisor.wait(lambda: answers(address) or time.monotonic() > deadline)  # the simulator opens both ports together
    if not supervisor.asked_to_stop and not answers(address):
        raise DemoError(f"{name} did not answer within {START_SECONDS} s; see {demo.folder}/*.log")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m simulator.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="Frontdesk's port; the next two are the simulator's")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="where state is kept")
    options = parser.parse_args()
    demo = Demo(options.port, options.folder.resolve())
    os.umask(0o077)  # what we and what we start will write is of this user alone
    demo.folder.mkdir(parents=True, exist_ok=True)
    try:
        with alone(demo):
            narrow(demo.folder)
            run(demo)
    except DemoError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
