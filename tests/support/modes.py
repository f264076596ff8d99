"""Users, modes and umasks of the machine that a test runs on."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ANOTHER, WORKER, SHARED = 61_001, 61_002, 61_003  # a user, another one, and a group that no machine has

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def mode(path: Path) -> str:
    """What chmod would be told."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


@contextmanager
def umask(value: int) -> Iterator[None]:
    """Another umask inside the block."""
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)
