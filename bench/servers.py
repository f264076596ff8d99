"""The servers under measurement, as they run in production: gunicorn with two workers."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
WORKERS = 2
FRONTDESK = ("--workers", str(WORKERS), "bench.app:app")
_AS_OURS = ("--config", "/dev/null", "--worker-class", "gthread", "--threads", "8", "--no-control-socket")
CEILING = (*_AS_OURS, "--workers", str(WORKERS), "bench.ceiling:app")  # our file asks the app for its settings


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    pid: int
    start_s: float

    @property
    def workers(self) -> list[int]:
        """The ids of its worker processes."""
        return [int(child) for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def worker_mb(self) -> float:
        """The largest worker's memory: its own pages, and its part of those it shares with the others (PSS)."""
        return max(_proportional_kb(worker) for worker in self.workers) / 1024


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds that these processes have worked so far; one that is gone meanwhile counts nothing."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0
    user, system = told.rpartition(")")[2].split()[11:13]  # proc_pid_stat(5), behind the name
    return int(user) + int(system)


def forget_peak(pid: int) -> float:
    """Let the process's peak begin anew; gives its memory now, in MB. Source: proc_pid_clear_refs(5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return megabytes(pid, "VmRSS")


def megabytes(pid: int, name: str) -> float:
    """What the kernel says of a process under that name, such as VmHWM for its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _proportional_kb(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@contextmanager
def gunicorn(arguments: Sequence[str], environment: Mapping[str, str], path: str, log: Path) -> Iterator[Server]:
    """Run gunicorn while the block runs; the time until the first answer on `path` is its start_s."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--bind", url.removeprefix("http://"), *arguments]
    with log.open("ab") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait(url + path, process, log)
        yield Server(url, process.pid, time.monotonic() - started)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise RuntimeError(f"gunicorn ended: {log.read_text()[-2000:]}")
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer within 30 s")


def clean_environment(**settings: str) -> dict[str, str]:
    """The caller's environment without its own Frontdesk settings; byte code is kept, as an installation keeps it."""
    ours = ("FRONTDESK_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | settings
