"""Every line of a process is JSON, whoever wrote it, and stands there once."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from simulator.server import Addresses
from tests.support.installed import ROOT, Installation, installed
from tests.support.waiting import PATIENCE, until

ENDS_BADLY = """
import threading, warnings
from webapp.core import logs
logs.init_logging()
logs.watch_the_process()
logs.watch_the_process()

class Dropped:
    def __del__(self):
        raise ValueError("Walburga Prendergast")

warnings.warn("old", DeprecationWarning, stacklevel=1)
warnings.warn("careful")
Dropped()
thread = threading.Thread(target=lambda: {}["Walburga Prendergast"], name="helper")
thread.start()
thread.join()
raise LookupError("Walburga Prendergast")
"""


def lines(site: Installation) -> list[dict[str, Any]]:
    """What gunicorn wrote; fails on a line that is no JSON."""
    text = (site.folder / f"gunicorn-{site.port}.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


def saying(site: Installation, words: str) -> list[dict[str, Any]]:
    return [line for line in lines(site) if re.match(words, line["event"])]


def raw(site: Installation, request: bytes) -> None:
    """Send what no client would, and wait for the end of the answer."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def test_all_lines_of_gunicorn_are_json_and_none_stands_there_twice_after_hup(tmp_path: Path, simulator: Addresses):
    with installed(tmp_path, livekit_url=simulator.livekit, oidc_issuer=simulator.issuer) as site:
        master = site.serve("--workers", "2")
        ids = [requests.get(f"{site.url}/login", timeout=PATIENCE).headers["X-Request-ID"] for _ in range(4)]
        for booted in (4, 6):
            os.kill(master.pid, signal.SIGHUP)
            until(lambda number=booted: len(saying(site, "Booting worker")) == number)
            until(lambda number=booted: len(saying(site, "Worker exiting")) == number - 2)
            ids += [requests.get(f"{site.url}/login", timeout=PATIENCE).headers["X-Request-ID"] for _ in range(4)]
        raw(site, b"GET /join/Walburga?name=Prendergast HTTP/9.9\r\n\r\n")
        until(lambda: saying(site, "Invalid request"))
        master.terminate()
        master.wait(PATIENCE)
        assert [line["request"] for line in saying(site, "request") if line["endpoint"] == "accounts.login"] == ids
        assert [len(saying(site, words)) for words in ("Starting gunicorn", "Listening at", "Shutting down")] == [1] * 3
        assert len(saying(site, "Hang up: Master")) == 2
        assert len(saying(site, "several_workers")) == 1
        text = site.written()
    assert "Walburga" not in text and "Prendergast" not in text
    assert not re.search("executing|executed", text, re.IGNORECASE)


def test_warnings_and_what_ends_badly_are_json_too_and_without_what_somebody_typed():
    command = [sys.executable, "-W", "default", "-c", ENDS_BADLY]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["event"].split(" ")[0] for line in told if line["level"] != "warning"] == [
        "not_raised",
        "thread.failed",
        "process.failed",
    ]
    assert [word for line in told for word in ("old", "careful") if word in line["event"]] == ["old", "careful"]
    assert told[-2]["thread"] == "helper" and "LookupError" in told[-1]["exception"]
    assert ended.returncode == 1 and "Walburga" not in ended.stderr
