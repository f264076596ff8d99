"""wrk against a server, with requests made beforehand."""

import json
import math
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST = 10  # seconds that an answer may take
SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True)
class Measured:
    """What wrk saw; times in milliseconds."""

    rps: float
    p50_ms: float
    p99_ms: float
    requests: int


class LoadFailed(Exception):
    """The server refused or broke requests, so that the numbers mean nothing."""


def raw(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """An HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(url: str, requests: Iterable[bytes], seconds: float, connections: int = 16, expects: int = 200) -> Measured:
    """Send the requests, over and over, on so many connections for so long.

    Where a busy machine gives no answer at all in a short time, they are sent once more, for as long as one may take.
    Raises LoadFailed when a single answer had another status than expected, or did not come.
    """
    answer = _sent(url, requests, seconds, connections, expects)
    if not (answer["requests"] or answer["refused"] or answer["broken"]) and seconds < LONGEST:
        answer = _sent(url, requests, LONGEST, connections, expects)
    if answer["refused"] or answer["broken"] or not answer["requests"]:
        refused = f"{answer['refused']} answers other than {expects} (such as {answer['status']})"
        raise LoadFailed(f"{refused} and {answer['broken']} broken of {answer['requests']} requests")
    return Measured(answer["requests"] / answer["seconds"], answer["p50_ms"], answer["p99_ms"], answer["requests"])


def _sent(url: str, requests: Iterable[bytes], seconds: float, connections: int, expects: int) -> Any:
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        for request in requests:
            file.write(b"%d\n%b" % (len(request), request))
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", f"{LONGEST}s", "-s", str(SCRIPT)]
        command = ["wrk", *options, url, "--", str(expects), file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout.strip().splitlines()[-1])
