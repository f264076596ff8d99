"""`make demo`: one command, one process to stop, state that stays."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parent.parent.parent


def three_free_ports() -> int:
    """The first of three neighbouring free ports."""
    for first in range(20_000, 30_000, 3):
        with ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("no three free ports")


@contextmanager
def demo(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The demo, in a process group of its own as a terminal would give it."""
    command = [sys.executable, "-m", "simulator.demo", "--port", str(port), "--folder", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def welcome(process: subprocess.Popen[str]) -> str:
    """What it prints until it is up."""
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


def free(port: int) -> bool:
    """Nobody listens there."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def port() -> int:
    """Where to try."""
    return three_free_ports()


def test_it_says_where_it_is_and_who_can_sign_in_and_ends_with_all_it_started(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        text = welcome(process)
        assert f"http://127.0.0.1:{port}" in text
        assert "Ottilie Vandermeer (owner)" in text
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert all(free(number) for number in range(port, port + 3))


def test_its_state_is_kept_between_runs(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        welcome(process)
    with sqlite3.connect(tmp_path / "frontdesk.sqlite3") as database:
        database.execute("INSERT INTO old_slugs (slug, room_id, created_at) SELECT 'kept', x'00', '2026-01-01'")
    secrets = {file.name: file.read_text() for file in tmp_path.glob("*.secret")}
    with demo(tmp_path, port) as process:
        assert "Ctrl-C" in welcome(process)
    with sqlite3.connect(tmp_path / "frontdesk.sqlite3") as database:
        assert database.execute("SELECT slug FROM old_slugs").fetchall() == [("kept",)]
    assert {file.name: file.read_text() for file in tmp_path.glob("*.secret")} == secrets


def test_a_taken_port_is_said_in_words(tmp_path: Path, port: int):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port + 1))
        holder.listen()
        with demo(tmp_path, port) as process:
            assert process.wait(20) == 1
            assert f"Port {port + 1} is in use" in process.stdout.read()


def test_when_one_part_ends_by_itself_all_ends_and_the_reason_is_shown(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        welcome(process)
        simulator = next(child for child in children(process.pid) if b"simulator" in command_line(child))
        os.kill(simulator, signal.SIGKILL)
        assert process.wait(20) == 1
        assert "simulator ended by itself" in process.stdout.read()
    time.sleep(0.1)
    assert free(port)


def children(pid: int) -> list[int]:
    """The processes it started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> bytes:
    """What a process was started as."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()
