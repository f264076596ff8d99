"""What `make demo` starts, for tests."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.processes import end

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Site:
    """Where the demo of this worker answers."""

    url: str
    livekit_url: str


def three_free_ports() -> int:
    """The first of three neighbouring free ports."""
    for first in random.sample(range(20_000, 30_000, 3), 200):  # two workers ask at the same time
        with ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("no three free ports")


@contextmanager
def demo(folder: Path, port: int, settings: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The demo with these settings, in a process group of its own as a terminal would give it."""
    command = [sys.executable, "-m", "simulator.demo", "--port", str(port), "--folder", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    environment |= settings or {}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        end(process)


def welcome(process: subprocess.Popen[str]) -> str:
    """What it prints until it is up."""
    lines, output = [], _output(process)
    while line := output.readline():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


def _output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout
