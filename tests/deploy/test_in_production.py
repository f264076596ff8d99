"""The README's section “In production”, typed as it stands, on a machine that is a folder."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import nginx
from tests.support.installed import ROOT
from tests.support.units import EXAMPLE, HOME, assignments, unit
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings

SECTION = (ROOT / "README.md").read_text().split("## In production\n")[1].split("\n## ")[0]
LINES = re.findall(r"^    (\S.*)$", SECTION, re.MULTILINE)
COMMANDS = [line for line in LINES if not line.startswith("#")]
FILLED = "# fill in /etc/frontdesk/frontdesk.env, then"
# Of another machine, or of its root: they are only written down.
PRETENDED = ("adduser", "make", "systemctl", "nginx", "createuser", "createdb")


@dataclass(frozen=True)
class Machine:
    """A folder that stands for the root of a machine."""

    root: Path

    def type(self, lines: list[str]) -> None:
        """Type lines in Frontdesk's folder; users are not changed and files have no other owner."""
        told = {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
        for line in lines:
            command = ["/bin/bash", "-ec", self._here(line)]
            subprocess.run(command, cwd=self.here, env=told, check=True, timeout=PATIENCE)

    def _here(self, line: str) -> str:
        """The line for this machine, where only Frontdesk answers."""
        line = re.sub(r" (/etc|/srv)/", rf" {self.root}\1/", line)
        return re.sub(r"sudo -u \w+ | -o frontdesk| -g frontdesk| --connect", " ", line)

    @property
    def here(self) -> Path:
        """Where the code lies."""
        return self.root / HOME.removeprefix("/")

    @property
    def pretended(self) -> list[str]:
        """What was typed of programs that only stand for those of the machine."""
        return (self.root / "typed").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Frontdesk's code, and programs that do nothing."""
    one = Machine(tmp_path)
    for folder in ("bin", "etc/systemd/system", "etc/nginx"):
        (tmp_path / folder).mkdir(parents=True)
    for name in PRETENDED:
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/typed\n')
        program.chmod(0o755)
    one.here.mkdir(parents=True)
    for name in ("deploy", "webapp", "migrations", "wsgi.py", "gunicorn.conf.py"):
        (one.here / name).symlink_to(ROOT / name)
    (one.here / ".venv").symlink_to(sys.prefix)
    return one


def test_it_is_short():
    assert len(SECTION.splitlines()) < 40


def test_what_is_typed_brings_up_the_database_and_puts_every_file_in_its_place(machine: Machine):
    before, after = LINES[: LINES.index(FILLED)], LINES[LINES.index(FILLED) + 1 :]
    machine.type(before)
    settings = machine.root / "etc/frontdesk/frontdesk.env"
    assert settings.read_text() == EXAMPLE.read_text()
    assert settings.stat().st_mode & 0o777 == 0o640 and (machine.here / "var").stat().st_mode & 0o777 == 0o700
    database = f"FRONTDESK_DATABASE_URL=sqlite:///{machine.here}/var/frontdesk.sqlite3"
    filled = re.sub(r"^FRONTDESK_DATABASE_URL=.*$", database, settings.read_text(), flags=re.MULTILINE)
    settings.write_text(re.sub("=$", "=3f9sKd02mXq81LwPz7Rt55YvBn40GhJcQeUa6TiO", filled, flags=re.MULTILINE))
    machine.type([line for line in after if not line.startswith("#")])
    assert (machine.here / "var" / "frontdesk.sqlite3").stat().st_size > 0
    for name in ("frontdesk-web", "frontdesk-worker"):
        assert (machine.root / f"etc/systemd/system/{name}.service").read_text() == unit(name).text
    assert (machine.root / "etc/nginx/nginx.conf").read_text() == nginx.CONF.read_text()
    assert [line.split()[0] for line in machine.pretended] == [
        *("adduser", "make", "createuser", "createdb"),
        *("systemctl", "systemctl", "nginx", "systemctl"),
    ]


def test_its_places_are_those_that_the_units_and_nginx_name():
    web, worker = unit("frontdesk-web"), unit("frontdesk-worker")
    assert f"in `{HOME}`" in SECTION
    for each in (web, worker):
        assert each.one("EnvironmentFile") == "/etc/frontdesk/frontdesk.env" and each.one("WorkingDirectory") == HOME
        (user,) = {each.one("User"), each.one("Group")}
        assert any(line.startswith("adduser ") and line.endswith(f" {user}") for line in COMMANDS)
        assert Path(each.here().command[0]).is_file()
    started = next(line for line in COMMANDS if "enable --now" in line)
    assert started.split()[3:] == ["frontdesk-web", "frontdesk-worker"]
    assert "/etc/ssl/desk.example.org.pem" in nginx.CONF.read_text()
    assert len(re.findall(r"^#     \S+ {3,}\S", nginx.CONF.read_text(), re.MULTILINE)) == 3, "three names are changed"


def test_the_settings_that_it_lists_are_those_of_the_file():
    named = re.findall(r"`(FRONTDESK_\w+|…_\w+)`", SECTION)
    whole: list[str] = []
    for name in named:
        family = "_".join(whole[-1].split("_")[:2]) if whole else ""
        whole.append(name.replace("…", family))
    example = set(assignments(EXAMPLE.read_text()))
    assert set(whole) <= example & {f"FRONTDESK_{name.upper()}" for name in Settings.model_fields}
    asked = {name for name in example if not name.startswith(("FRONTDESK_STORAGE_", "WEB_"))}
    assert asked - set(whole) == {"FRONTDESK_PROXY_COUNT"}
