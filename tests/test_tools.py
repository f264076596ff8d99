"""The tools that stand between a fresh clone and a running Frontdesk."""

import os
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def program(path: Path, text: str) -> Path:
    """A shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def python_that_is(path: Path, version: tuple[int, int, int]) -> Path:
    """A Python that says it is of that version, and else does what it is told."""
    pretence = f"import sys; sys.version_info = {version}"
    telling = "import sys; exec(sys.argv.pop(1))"
    return program(path, f'[ "$1" = -c ] || exit 1; shift; exec {sys.executable} -c "{pretence}; {telling}" "$@"')


def run(*command: object, path: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A tool, as it is called from the root of a clone."""
    settings = os.environ | {"PATH": path or os.environ["PATH"]} | environment
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


def pythons(**environment: str) -> list[tuple[tuple[int, ...], str]]:
    """What the tool lists: versions and paths."""
    lines = [line.split(" ", 1) for line in run("tools/pythons", **environment).stdout.splitlines()]
    return [(tuple(int(part) for part in version.split(".")), path) for version, path in lines]


def test_the_pythons_are_listed_oldest_first_each_once_and_this_one_is_among_them():
    found = pythons()
    assert found == sorted(set(found))
    assert sys.version_info[:3] in [version for version, _path in found]
    assert str(Path(sys.executable).resolve()) in [path for _version, path in found]


def test_a_python_that_is_too_old_or_broken_is_not_listed(tmp_path: Path):
    python_that_is(tmp_path / "python3", (3, 10, 13))
    program(tmp_path / "python3.12", "exit 127")
    program(tmp_path / "python3.13", f'exec {sys.executable} "$@"')
    found = pythons(path=f"{tmp_path}:/usr/bin:/bin", PYENV_ROOT=str(tmp_path))
    assert min(version for version, _path in found) >= (3, 11)
    assert platform.python_version_tuple() in [tuple(str(part) for part in version) for version, _path in found]


def test_the_locked_files_hold_all_that_is_asked_for_and_name_no_server():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for file, wanted in (
        ("requirements.txt", asked["dependencies"]),
        ("requirements-dev.txt", asked["dependencies"] + asked["optional-dependencies"]["dev"]),
    ):
        text = (ROOT / file).read_text()
        locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9, ]+\])?==", text, re.MULTILINE))
        assert {re.match(r"[a-z0-9-]+", name)[0] for name in wanted} <= locked
        assert "://" not in text


def test_what_only_some_pythons_need_is_locked_with_a_marker():
    """Redis wants it before 3.11.3, which is what Debian 12 has."""
    assert re.search(
        r"^async-timeout==\S+ ; python_full_version < '3\.11\.3'", (ROOT / "requirements.txt").read_text(), re.M
    )
