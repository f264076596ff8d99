"""`-p tests.plugins.time_limit --seconds=110`: begin no test after so many seconds, and say how many were not begun.

A list of slow tests would promise too much on a busy machine and leave out too many on an idle one. The modules come in
an order drawn anew for each run, so that it is not always the same ones that time ends before.
"""

import os
import random
import time
from typing import Any

import pytest

UNTIL = "TESTS_UNTIL"  # the workers inherit it: they start later, and end together
SEED = "TESTS_SEED"  # they must agree about the order
LEFT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long."""
    parser.addoption("--seconds", type=float, default=110, help="begin no test after so many seconds")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count in the process that starts the workers."""
    config.stash[LEFT] = 0
    if not hasattr(config, "workerinput"):
        os.environ[UNTIL] = str(time.time() + config.getoption("--seconds"))
        os.environ[SEED] = str(random.getrandbits(32))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Draw the order of the modules."""
    draw = random.Random(os.environ[SEED])
    place = {module: draw.random() for module in dict.fromkeys(item.location[0] for item in items)}
    items.sort(key=lambda item: place[item.location[0]])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Pass over a test when the time is over."""
    if time.time() < float(os.environ[UNTIL]):
        return None
    item.config.stash[LEFT] += 1
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker tell how many it passed over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = session.config.stash[LEFT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker told."""
    node.config.stash[LEFT] += getattr(node, "workeroutput", {}).get("left", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it loudly: what was not begun may fail."""
    if left := config.stash[LEFT]:
        terminalreporter.write_line(f"NOT RUN: {left} tests, the time was over. `make test` runs all.", yellow=True)
