"""`python -m simulator` as a program of its own, for tests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.world import Options
from tests.support.livekit import LiveKit
from tests.support.processes import end


@contextmanager
def program(*options: str) -> Iterator[tuple[subprocess.Popen[str], LiveKit]]:
    """The simulator on free ports, once it answers."""
    command = (sys.executable, "-m", "simulator", "--announce", "--port=0", "--oidc-port=0", *options)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        addresses = json.loads(process.stdout.readline())
        with LiveKit(addresses["livekit"], Options.api_key, Options.api_secret).opened() as livekit:
            yield process, livekit
    finally:
        end(process)
