"""`make demo`: one command, one process to stop, state that stays."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
import requests

from simulator.demo import VISITORS, Demo, alone
from tests.support.demo import ROOT, demo, three_free_ports, welcome
from tests.support.modes import mode, umask
from tests.support.waiting import PATIENCE, until


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
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).status_code == 200
        (room,) = requests.get(f"http://127.0.0.1:{port + 1}/control/state", timeout=PATIENCE).json()["rooms"]
        assert [person["name"] for person in room["participants"]] == list(VISITORS)
        started = offspring(process.pid)
        assert len(started) >= 3, "the simulator, gunicorn and its worker"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert [number for number in started if Path(f"/proc/{number}").exists()] == []
    assert all(free(number) for number in range(port, port + 3))


def test_all_it_keeps_is_of_its_user_alone_whatever_the_umask_and_also_what_was_there(tmp_path: Path, port: int):
    folder = tmp_path / "demo"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "cookies.secret").write_text("a-secret-of-an-earlier-release-of-32-characters")
    (folder / "cookies.secret").chmod(0o644)
    with umask(0), demo(folder, port) as process:
        welcome(process)
        names = {path.name for path in folder.rglob("*")}
        assert {"livekit.secret", "livekit-sip.json", "frontdesk.sqlite3", "frontdesk.log", "rooms.tsv"} <= names
        assert [path.name for path in (folder, *folder.rglob("*")) if is_wide(path)] == []


def is_wide(path: Path) -> bool:
    """Others may do something with the file, if it is still there."""
    try:
        return bool(int(mode(path), 8) & 0o077)
    except FileNotFoundError:
        return False


def test_no_first_round_of_a_job_fails_because_livekit_is_not_up_yet(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        welcome(process)
        until(lambda: rounds(tmp_path)["rules"][0] and rounds(tmp_path)["diagnose"][0])
        assert {name: failures for name, (_runs, failures) in rounds(tmp_path).items() if failures} == {}


def rounds(folder: Path) -> dict[str, tuple[int, int]]:
    """How often each job of the clock ran, and how often it failed."""
    with closing(sqlite3.connect(f"file:{folder / 'frontdesk.sqlite3'}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT name, runs, failures FROM periodic_jobs").fetchall()
    return defaultdict(lambda: (0, 0), {name: (runs, failures) for name, runs, failures in rows})


def test_its_state_is_kept_between_runs(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        welcome(process)
        kept = trunks(port)
    with sqlite3.connect(tmp_path / "frontdesk.sqlite3") as database:
        database.execute("INSERT INTO old_slugs (slug, room_id, created_at) SELECT 'kept', x'00', '2026-01-01'")
    secrets = {file.name: file.read_text() for file in tmp_path.glob("*.secret")}
    with demo(tmp_path, port) as process:
        assert "Ctrl-C" in welcome(process)
        assert trunks(port) == kept
    with sqlite3.connect(tmp_path / "frontdesk.sqlite3") as database:
        assert database.execute("SELECT slug FROM old_slugs").fetchall() == [("kept",)]
        assert database.execute("SELECT count(*) FROM rooms WHERE trunk_id = ? AND pin <> ''", kept).fetchone() == (5,)
    assert {file.name: file.read_text() for file in tmp_path.glob("*.secret")} == secrets


def test_a_taken_port_is_said_in_words(tmp_path: Path, port: int):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port + 1))
        holder.listen()
        with demo(tmp_path, port) as process:
            assert process.wait(PATIENCE) == 1
            assert f"Port {port + 1} is in use" in process.stdout.read()


def test_a_second_demo_in_the_same_folder_is_refused_on_any_port_and_the_first_goes_on(tmp_path: Path, port: int):
    with demo(tmp_path, port) as first:
        welcome(first)
        for other in (three_free_ports(), port):
            with demo(tmp_path, other) as second:
                assert second.wait(PATIENCE) == 1
                said = second.stdout.read()
            assert f"already running in {os.path.relpath(tmp_path)}: http://127.0.0.1:{port}\n" in said
            assert "Two in one folder would mix their data." in said and "Ctrl-C" in said
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).status_code == 200


def test_a_running_demo_is_not_reset(tmp_path: Path):
    folder = tmp_path / "var" / "demo"
    folder.mkdir(parents=True)
    reset = ["make", "--file", str(ROOT / "Makefile"), "demo-reset"]
    with alone(Demo(8000, folder)):
        refused = subprocess.run(reset, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert refused.returncode and "The demo is running: stop it first" in refused.stderr
        assert folder.exists()
    subprocess.run(reset, cwd=tmp_path, capture_output=True, check=True)
    assert not folder.exists()


def test_when_one_part_ends_by_itself_all_ends_and_the_reason_is_shown(tmp_path: Path, port: int):
    with demo(tmp_path, port) as process:
        welcome(process)
        simulator = next(child for child in children(process.pid) if b"simulator" in command_line(child))
        os.kill(simulator, signal.SIGKILL)
        assert process.wait(PATIENCE) == 1
        assert "simulator ended by itself" in process.stdout.read()
    time.sleep(0.1)
    assert free(port)


def trunks(port: int) -> list[str]:
    """The ids of LiveKit's trunks."""
    told = {"service": "SIP", "method": "ListSIPInboundTrunk"}
    answer = requests.post(f"http://127.0.0.1:{port + 1}/control/call", json=told, timeout=PATIENCE).json()
    return [trunk["sip_trunk_id"] for trunk in answer["items"]]


def children(pid: int) -> list[int]:
    """The processes it started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def offspring(pid: int) -> list[int]:
    """The processes it started, and those that they started."""
    return [each for child in children(pid) for each in (child, *offspring(child))]


def command_line(pid: int) -> bytes:
    """What a process was started as."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()
