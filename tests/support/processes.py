"""Processes that tests start, and that outlive no test, however it ends."""

import os
import signal
import subprocess

from tests.support.waiting import PATIENCE


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str], *, group: bool = False) -> None:
    """End the process politely, then not, and close its pipes; with `group` what it began goes with it at last.

    One that is left to the garbage collector spoils a later test with a warning.
    """
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
