"""What the suite needs of the machine: a missing piece fails a CI run and is a loud skip on a laptop."""

import os
import shutil
from typing import Any

import pytest

DEBIAN_PACKAGES = {
    "chromium": "chromium",
    "nginx": "nginx",
    "wrk": "wrk",
}


def in_ci() -> bool:
    """CI says so in its environment, as every provider does."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def missing(what: str, remedy: str) -> None:
    """Fail in CI and skip elsewhere, saying what to install."""
    if in_ci():
        pytest.fail(f"{what} is missing and CI runs everything: {remedy}", pytrace=False)
    pytest.skip(f"NOT TESTED: {what} is missing: {remedy}")


def program(name: str) -> str:
    """The path of an installed program; nginx sits outside an ordinary user's PATH."""
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin")
    if found is None:
        missing(name, f"apt-get install {DEBIAN_PACKAGES.get(name, name)}")
    return str(found)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium."""
    return program("chromium")


@pytest.fixture(scope="session")
def nginx() -> str:
    """A real nginx."""
    return program("nginx")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """Debian's Chromium, which also runs as root and without a large /dev/shm."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {"executable_path": chromium, "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *quiet]}
