"""What the suite needs of the machine: a missing piece fails a CI run and is a loud skip on a laptop."""

import os
import shutil
from typing import Any

import pytest

PACKAGES = {"promtool": "prometheus", "systemd-analyze": "systemd"}  # others bear the names of their programs


def in_ci() -> bool:
    """CI says so in its environment, as every provider does."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def missing(what: str, remedy: str) -> None:
    """Fail in CI and skip elsewhere, saying what to install."""
    if in_ci():
        pytest.fail(f"{what} is missing and CI runs everything: {remedy}", pytrace=False)
    pytest.skip(f"NOT TESTED: {what} is missing: {remedy}")


def program(name: str, *others: str) -> str:
    """The path of an installed program, or of another one that serves; nginx sits outside an ordinary user's PATH."""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    found = next(filter(None, (shutil.which(each, path=path) for each in (name, *others))), None)
    if found is None:
        missing(name, f"apt-get install {PACKAGES.get(name, name)}")
    return str(found)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium; the one without a window takes half the time."""
    return program("chromium-headless-shell", "chromium")


@pytest.fixture(scope="session")
def nginx() -> str:
    """A real nginx."""
    return program("nginx")


@pytest.fixture(scope="session")
def promtool() -> str:
    """What reads rules as a Prometheus server does."""
    return program("promtool")


@pytest.fixture(scope="session")
def systemd_analyze() -> str:
    """What reads units as systemd does; none needs to run."""
    return program("systemd-analyze")


@pytest.fixture(scope="session")
def sqlite3() -> str:
    """SQLite's own program."""
    return program("sqlite3")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """Debian's Chromium, which also runs as root and without a large /dev/shm."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {"executable_path": chromium, "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *quiet]}
