"""The systemd units that we ship, read as systemd reads them, and as they would be on this machine."""

import shlex
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.support.installed import ROOT

FOLDER = ROOT / "deploy" / "systemd"
HOME = "/srv/frontdesk"  # where the units have Frontdesk
PROGRAMS = f"{HOME}/.venv/bin"
EXAMPLE = ROOT / "deploy" / "frontdesk.env.example"


@dataclass(frozen=True)
class Unit:
    """A unit, by the text of its file."""

    text: str

    def all(self, key: str) -> list[str]:
        """Every value of a key, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for line in self.text.splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith(("#", ";")):
                found[name].append(value)
        return found[key]

    def one(self, key: str) -> str:
        """The value of a key that stands there once."""
        (value,) = self.all(key)
        return value

    @property
    def environment(self) -> dict[str, str]:
        """What it adds to the environment."""
        return assignments("\n".join(self.all("Environment")))

    @property
    def command(self) -> list[str]:
        """The command line that it runs."""
        return shlex.split(self.one("ExecStart"))

    def here(self) -> "Unit":
        """The same with Frontdesk where the tests have it."""
        text = self.text.replace(PROGRAMS, str(Path(sys.executable).parent)).replace(HOME, str(ROOT))
        return Unit(text)


def unit(name: str) -> Unit:
    """The unit as we ship it."""
    return Unit((FOLDER / f"{name}.service").read_text())


def assignments(text: str) -> dict[str, str]:
    """The lines NAME=VALUE of a file, as EnvironmentFile= takes them while nothing is quoted."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
